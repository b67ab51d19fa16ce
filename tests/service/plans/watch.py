"""Watches which statements are sent to PostgreSQL, and by which functions of a service; judges their plans.

Every call of asyncpg's connections is watched, so that a new query is held without being listed anywhere. (Its query
loggers are not told of cursors, and the server that the tests run has no auto_explain.)
"""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from deploy.local.settings import ROOT

if TYPE_CHECKING:
    import pytest

    from services.kit.database import Pool

SERVICES = ROOT / "services"
# A table or index with fewer rows may be read from end to end.
LARGE_ROWS = 2_000
# Of one statement; arguments may change it.
_MAX_PLANS = 12
_SHOWN_CHARACTERS = 100
_SENDS = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "cursor")
# Receivers of calls of these names that are no connections.
_NOT_POSTGRES = {"pipe", "self._reference_audio"}
# What has no plan.
_UTILITIES = ("set ", "lock ", "listen ", "unlisten ", "notify ", "begin", "commit", "rollback", "explain ", "vacuum ")


@dataclass
class Statement:
    """A statement, the functions of services that it came from, the innermost first, and its plans."""

    text: str
    sent_by: tuple[str, ...]
    plans: list[dict[str, Any]] = field(default_factory=list)


class Watch:
    """Notes every statement that functions of `services` send, with its plan at that moment.

    called: functions on the way to each, as `file:name`.
    """

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}
        self.called: set[str] = set()
        self._fetchval = asyncpg.Connection.fetchval
        # A cursor is made without a wait, so its statement is explained later.
        self._cursors: list[tuple[Statement, tuple[object, ...]]] = []

    def begin(self, patch: pytest.MonkeyPatch) -> None:
        """Notes from now on, until the patch is undone.

        Only what this event loop sends: the shared services of a test run are in the same process, on empty tables.
        """
        self._loop = asyncio.get_running_loop()
        for name in _SENDS:
            send = getattr(asyncpg.Connection, name)
            patch.setattr(asyncpg.Connection, name, self._cursor(send) if name == "cursor" else self._sender(send))

    async def explain_cursors(self, pool: Pool) -> None:
        """Explains the statements of cursors."""
        async with pool.acquire() as connection:
            for statement, arguments in self._cursors:
                await self._explain(connection, statement, arguments)

    def _sender(self, send: Any) -> Any:
        async def sender(connection: Any, text: str, *arguments: Any, **named: Any) -> Any:
            statement = self._note(text)
            if statement is not None and len(statement.plans) < _MAX_PLANS:
                # Of many rows, the first.
                sent = arguments[0][0] if send.__name__ == "executemany" else arguments
                await self._explain(connection, statement, sent)
            return await send(connection, text, *arguments, **named)

        return sender

    def _cursor(self, make: Any) -> Any:
        def cursor(connection: Any, text: str, *arguments: Any, **named: Any) -> Any:
            statement = self._note(text)
            if statement is not None:
                self._cursors.append((statement, arguments))
            return make(connection, text, *arguments, **named)

        return cursor

    def _note(self, text: str) -> Statement | None:
        """None for what no service sent, and for what has no plan."""
        if asyncio.get_running_loop() is not self._loop:
            return None
        functions = tuple(_functions(sys._getframe(2)))
        self.called.update(functions)
        if not functions or text.lstrip().lower().startswith(_UTILITIES):
            return None
        return self.statements.setdefault(text, Statement(text, functions))

    async def _explain(self, connection: Any, statement: Statement, arguments: Sequence[object]) -> None:
        plan = await self._fetchval(connection, f"explain (format json) {statement.text}", *arguments)
        statement.plans.append(json.loads(plan)[0]["Plan"])


def _functions(frame: Any) -> Iterator[str]:
    """Functions of services that led here, the innermost first. A coroutine's frame has its awaiter's behind it."""
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(SERVICES):
            yield _name(file, frame.f_code.co_qualname.replace("<locals>.", ""))
        frame = frame.f_back


def _name(file: Path, function: str) -> str:
    return f"{file.relative_to(SERVICES)}:{function}"


def senders(service: str) -> set[str]:
    """Functions of a service that send statements, and all public coroutines of the classes these belong to."""
    found: set[str] = set()
    for file in sorted((SERVICES / service).rglob("*.py")):
        if "migrations" not in file.parts:
            found |= {_name(file, function) for function in _senders(ast.parse(file.read_text()), "")}
    return found


def _senders(parent: ast.AST, prefix: str) -> Iterator[str]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            sending = list(_senders(node, f"{prefix}{node.name}."))
            yield from sending
            if sending:
                for method in methods:
                    if isinstance(method, ast.AsyncFunctionDef) and not _is_private(method) and not _is_context(method):
                        yield f"{prefix}{node.name}.{method.name}"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(_sends(each) for each in _own_nodes(node)):
                yield f"{prefix}{node.name}"
            yield from _senders(node, f"{prefix}{node.name}.")
        else:
            yield from _senders(node, prefix)


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """What is in a function, but not in functions inside it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
            yield from _own_nodes(node)


def _sends(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _SENDS
        and ast.unparse(node.func.value) not in _NOT_POSTGRES
    )


def _is_private(function: ast.AsyncFunctionDef) -> bool:
    return function.name.startswith("_")


def _is_context(function: ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("contextmanager") for decorator in function.decorator_list)


@dataclass(frozen=True)
class Sizes:
    """Rows of the tables and indexes of a schema, as the planner knows them."""

    tables: dict[str, int]
    indexes: dict[str, int]

    @classmethod
    async def of(cls, pool: Pool) -> Sizes:
        """The sizes in the schema that the pool lives in."""
        rows = await pool.fetch(
            "select relname, relkind = 'r' as is_table, reltuples from pg_class "
            "where relnamespace = current_schema()::regnamespace and relkind in ('r', 'i')"
        )
        counts = [
            {r["relname"]: int(r["reltuples"]) for r in rows if r["is_table"] is wanted} for wanted in (True, False)
        ]
        return cls(*counts)


def read_whole(node: dict[str, Any], sizes: Sizes, *, limited: bool = False) -> Iterator[str]:
    """Large tables that a plan reads from end to end. limited: its first rows are enough."""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    if kind == "Seq Scan" and sizes.tables.get(table, 0) >= LARGE_ROWS:
        yield table
    # An index walked for its order ends where the limit is reached.
    is_walk = kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and not limited
    if is_walk and sizes.indexes.get(node["Index Name"], 0) >= LARGE_ROWS:
        yield table
    for child in node.get("Plans", ()):
        yield from read_whole(child, sizes, limited=limited or kind == "Limit")


def outline(node: dict[str, Any], depth: int = 0) -> str:
    """A plan in a line for each node, with what it reads by which condition."""
    names = ("Relation Name", "Index Name", "Index Cond", "Filter")
    shown = [node["Node Type"], *(str(node[name])[:_SHOWN_CHARACTERS] for name in names if name in node)]
    lines = [f"{'  ' * depth}{' | '.join(shown)} | {node['Plan Rows']} rows"]
    return "\n".join([*lines, *(outline(child, depth + 1) for child in node.get("Plans", ()))])
