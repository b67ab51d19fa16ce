"""Reports engine failures to the metrics, to the call's history, and to the worker when all engines are full."""

from collections.abc import Callable

from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.metrics import speech_failovers
from services.agent.shared_state import SharedState
from services.agent.speech.route import Part, Step


class Failovers:
    """The failovers of one call. add: adds an event to the call's history."""

    def __init__(self, add: Callable[[pb.SessionEvent], object], shared: SharedState) -> None:
        self._add = add
        self._shared = shared

    def tell(self, part: Part, step: Step, sentence: str) -> None:
        """Counts a step and adds it to the history. sentence: must name no endpoint, because customers read it."""
        speech_failovers.labels(part, step).inc()
        if step is Step.EXHAUSTED:
            self._shared.tell_engines_full()
        # The guard speaks the fixed line and adds it to the history itself.
        if step is not Step.LINE:
            self._add(pb.SessionEvent(error=pb.ErrorEvent(code=f"{part}_{step}", message=sentence)))
