"""Workers: their reports of slots and calls, and their claims of sessions."""

from collections.abc import Sequence

from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.logs import get_logger
from services.kit.times import duration
from services.sessions import messages
from services.sessions.admission.slots import Admission, HeldSlot
from services.sessions.settings import SessionsSettings
from services.sessions.store import Call, Store

_MAX_NAME = 128
# A host name of DNS and a port.
_MAX_ADDRESS = 260
_MAX_SLOTS = 10_000
_log = get_logger(__name__)


class Workers:
    """Handles workers' reports and claims."""

    def __init__(self, store: Store, admission: Admission, settings: SessionsSettings) -> None:
        self._store = store
        self._admission = admission
        self._settings = settings

    async def report(self, worker: pb.Worker) -> pb.ReportWorkerResponse:
        """Renews a worker's slots and leases. The answer names those of its calls that have ended or moved away.

        Raises: CallboxError `validation_failed`, or `upstream_unavailable` when Redis does not answer.
        """
        _check(worker)
        carried = [session_id for session_id in worker.session_ids if session_id]
        known: Sequence[Call] = ()
        if carried:
            try:
                known = await self._store.calls(carried)
            except CallboxError as fault:
                # Leases that have not expired are renewed all the same. The next report's answer names ended calls.
                _log.warning("worker report handled without PostgreSQL", fault=str(fault))
        owned = {call.session_id: call.tenant_id for call in known if _carries(call, worker.worker_id)}
        await self._admission.report(
            (worker.worker_id, worker.address, worker.slots, worker.draining),
            self._settings.worker_seconds,
            list(owned.items()),
            carried,
        )
        return pb.ReportWorkerResponse(
            report_interval=duration(self._settings.worker_report_seconds),
            ended_session_ids=[call.session_id for call in known if call.session_id not in owned],
        )

    async def claim(self, session_id: str, worker_id: str) -> pb.ClaimSessionResponse:
        """Gives a session to the worker whose slot it holds. A second claim gets the same answer.

        Raises: CallboxError `not_found`, `session_taken`, `upstream_unavailable`.
        """
        if "\0" in worker_id:
            # PostgreSQL cannot store such text, so no worker has this id.
            raise validation({"worker_id": ["May not hold a NUL."]})
        row = await self._store.claim(session_id, worker_id)
        if row is None:
            if await self._store.call(session_id) is None:
                raise not_found(f"Session {session_id}")
            raise CallboxError(Code.SESSION_TAKEN, "This session is over or went to another worker; leave its room.")
        try:
            await self._admission.hold(HeldSlot(session_id, worker_id, row["tenant_id"]))
        except CallboxError as fault:
            _log.warning("lease was not renewed; the next report renews it", session_id=session_id, fault=str(fault))
        return pb.ClaimSessionResponse(
            session=messages.session(row),
            character=characters_pb2.CharacterSnapshot.FromString(row["snapshot"]),
            participant_identity=row["participant_identity"],
            mcp_headers=row["mcp_headers"],
            last_sequence=row["last_sequence"],
            join_timeout=duration(self._settings.join_seconds),
            idle_timeout=duration(self._settings.idle_seconds),
            absence_timeout=duration(self._settings.absence_seconds),
            trace_context=row["trace_context"],
        )

    async def check_carries(self, session_id: str, worker_id: str) -> None:
        """Checks that a worker carries a session.

        Raises: CallboxError `not_found`, `session_taken`, `upstream_unavailable`.
        """
        call = await self._store.call(session_id)
        if call is None:
            raise not_found(f"Session {session_id}")
        if not _carries(call, worker_id):
            raise CallboxError(
                Code.SESSION_TAKEN, "Another worker carries this session, or nobody does; leave its room."
            )


def _carries(call: Call, worker_id: str) -> bool:
    return call.status != "ended" and call.slot_held and call.worker_id == worker_id


def _check(worker: pb.Worker) -> None:
    """Raises: CallboxError `validation_failed`."""
    faults = {}
    for name, value, most in (("worker_id", worker.worker_id, _MAX_NAME), ("address", worker.address, _MAX_ADDRESS)):
        if not 0 < len(value) <= most or not value.isprintable():
            faults[f"worker.{name}"] = [f"Must have 1 to {most} printable characters."]
    if not 0 <= worker.slots <= _MAX_SLOTS:
        faults["worker.slots"] = [f"Must be between 0 and {_MAX_SLOTS}."]
    if len(worker.session_ids) > _MAX_SLOTS or any("\0" in session_id for session_id in worker.session_ids):
        faults["worker.session_ids"] = [f"May be at most {_MAX_SLOTS}, without NUL characters."]
    if faults:
        raise validation(faults)
