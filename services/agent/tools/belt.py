"""Runs the tools of one character: checks arguments, keeps the limits, lets go of a tool when the caller speaks."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import FunctionToolsExecutedEvent, RunContext, llm
from livekit.agents.llm import StopResponse, function_tool

from services.agent.metadata import Metadata
from services.agent.moments import Moments, ToolCalled, ToolStarted, TurnBegan
from services.agent.tools.arguments import ArgumentSchema, InvalidArguments, InvalidSchema, listed_schema
from services.agent.tools.delimited import for_model
from services.agent.tools.tool import Arguments, Outcome, Tool, as_text, failure

# Longest time that any tool may take, whatever it waits for. The longest configurable time-out is 120 s.
_LONGEST_SECONDS = 150.0
# How long a tool is waited for after the caller has interrupted. One that ends by then gives one answer instead of two,
# and the caller still speaks meanwhile.
_GRACE_SECONDS = 1.0
_CLOSE_SECONDS = 3.0
_TOO_MANY = "No more functions can be called in this turn. Answer with what you know, and say what could not be done."
_STILL_RUNNING = "Still running; the result comes later by itself. Do not call it again and do not invent a result."
_CANCEL = "cancel_running_functions"
_CANCEL_DESCRIPTION = "Cancels the functions that are still running. Call it only when the caller no longer wants them."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BeltLimits:
    """calls: in one turn of the caller. output_characters: of a tool's own text that the model reads."""

    calls: int = 6
    output_characters: int = 16_000


@dataclass(eq=False)
class _Work:
    """A running call of a tool. waiting: how many calls of the model share it."""

    task: asyncio.Task[Outcome]
    waiting: int = 0


class Belt:
    """The tools of one character in one call. moments: are told of each call of a tool and how it ended."""

    def __init__(
        self,
        tools: Sequence[Tool],
        metadata: Metadata,
        limits: BeltLimits,
        moments: Moments,
    ) -> None:
        self._tools = tools
        self._schemas = {tool.name: ArgumentSchema(tool.schema, metadata) for tool in tools}
        self._metadata = metadata
        self._unlisted = {tool.name: tool for tool in tools if tool.listed_schema is not None}
        self._listed: dict[str, llm.Tool] = {}
        self._limits = limits
        self._moments = moments
        self._calls = 0
        self._running: dict[str, _Work] = {}
        self._told: set[str] = set()
        # The model reads a changed list again from the first change on, so the one that comes and goes is the last.
        own = [self._cancel_function()] if tools else []
        self.functions: tuple[llm.RawFunctionTool[..., Any], ...] = (*map(self._function, tools), *own)

    @property
    def is_spent(self) -> bool:
        """Whether no further call is possible in this turn."""
        return self._calls >= self._limits.calls

    def turn_began(self, event: TurnBegan) -> None:
        """Counts from zero again, unless the caller only added to the turn."""
        if not event.continued:
            self._calls = 0

    def shown(self, functions: Sequence[llm.Tool]) -> list[llm.Tool]:
        """The functions without those that do nothing now, with the schemas that became known meanwhile."""
        self._take_listed_schemas()
        hidden = {tool.name for tool in self._tools if not tool.is_active()}
        if not self._running:
            hidden.add(_CANCEL)
        named = [(each.info.name if isinstance(each, llm.RawFunctionTool) else "", each) for each in functions]
        return [self._listed.get(name, each) for name, each in named if name not in hidden]

    def refused(self, event: FunctionToolsExecutedEvent) -> None:
        """Tells the calls that never came here: of unknown functions, or with arguments that are no JSON."""
        known = {tool.name: tool.kind for tool in self._tools}
        for call, output in zip(event.function_calls, event.function_call_outputs, strict=True):
            was_told = call.call_id in self._told
            self._told.discard(call.call_id)
            if was_told or output is None or not output.is_error:
                continue
            error = "invalid_arguments" if call.name in known else "unknown_function"
            kind = known.get(call.name, pb.TOOL_KIND_UNSPECIFIED)
            refused = ToolCalled(call.call_id, call.name, kind, None, output.output, error, time.time(), 0.0)
            self._moments.tool_called.tell(refused)

    def give_up(self) -> None:
        """Cancels what runs: the turn is over and a late result must not be spoken."""
        for work in list(self._running.values()):
            work.task.cancel()

    async def close(self) -> None:
        """Cancels what runs, and waits for it."""
        self.give_up()
        if tasks := [work.task for work in self._running.values()]:
            await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)

    def _take_listed_schemas(self) -> None:
        """Takes schemas that became known since. One that is no good is logged; the tool keeps what it had."""
        for tool in list(self._unlisted.values()):
            assert tool.listed_schema is not None
            if (schema := tool.listed_schema()) is None:
                continue
            del self._unlisted[tool.name]
            try:
                self._schemas[tool.name] = listed_schema(schema, self._metadata)
            except InvalidSchema as fault:
                _log.warning("a tool's listed schema cannot be used", tool=tool.name, fault=str(fault)[:300])
                continue
            self._listed[tool.name] = self._function(tool)

    def _function(self, tool: Tool) -> llm.RawFunctionTool[..., Any]:
        async def run(raw_arguments: dict[str, object], context: RunContext[None]) -> str:
            return await self._run(tool, raw_arguments, context)

        description = {"name": tool.name, "description": tool.description, "parameters": self._schemas[tool.name].shown}
        return function_tool(run, raw_schema=description)

    def _cancel_function(self) -> llm.RawFunctionTool[..., Any]:
        async def run(raw_arguments: dict[str, object], context: RunContext[None]) -> str:
            names = sorted({work.task.get_name() for work in self._running.values()})
            self.give_up()
            return f"Cancelled: {', '.join(names)}." if names else "Nothing was running."

        nothing = {"type": "object", "properties": {}}
        return function_tool(
            run, raw_schema={"name": _CANCEL, "description": _CANCEL_DESCRIPTION, "parameters": nothing}
        )

    async def _run(self, tool: Tool, given: dict[str, Any], context: RunContext[None]) -> str:
        began, clock = time.time(), asyncio.get_running_loop().time()
        outcome = Outcome("", "cancelled")
        call_id = context.function_call.call_id
        self._told.add(call_id)
        self._moments.tool_started.tell(ToolStarted(call_id, tool.name, tool.kind))
        try:
            outcome = await self._outcome(tool, given, context)
        finally:
            seconds = asyncio.get_running_loop().time() - clock
            kept = self._schemas[tool.name].kept(given)
            self._moments.tool_called.tell(
                ToolCalled(call_id, tool.name, tool.kind, kept, outcome.text, outcome.error, began, seconds)
            )
        # Nobody waits for a call that was cancelled.
        if outcome.is_last or outcome.error == "cancelled":
            raise StopResponse
        return for_model(outcome, self._limits.output_characters)

    async def _outcome(self, tool: Tool, given: dict[str, Any], context: RunContext[None]) -> Outcome:
        if self.is_spent:
            return failure("too_many_calls", _TOO_MANY)
        self._calls += 1
        try:
            arguments = self._schemas[tool.name].checked(given)
        except InvalidArguments as fault:
            return failure("invalid_arguments", str(fault))
        work = self._work(tool, arguments)
        work.waiting += 1
        try:
            # Ends early when the caller interrupts: a tool must not hold up what the caller says next.
            await context.speech_handle.wait_if_not_interrupted([work.task])
            await asyncio.wait([work.task], timeout=_GRACE_SECONDS)
            if not work.task.done():
                await context.update(_STILL_RUNNING, template="{message}", silent=True)
            return await asyncio.shield(work.task)
        except asyncio.CancelledError:
            if work.task.cancelled():
                return failure("cancelled", "The call was given up.")
            raise
        finally:
            work.waiting -= 1
            if not work.waiting and not work.task.done():
                work.task.cancel()

    def _work(self, tool: Tool, arguments: Arguments) -> _Work:
        """The running call with the same arguments, or a new one."""
        key = f"{tool.name} {as_text(arguments)}"
        if (work := self._running.get(key)) is None:
            work = self._running[key] = _Work(asyncio.create_task(_acted(tool, arguments), name=tool.name))
            work.task.add_done_callback(lambda _: self._running.pop(key, None))
        return work


async def _acted(tool: Tool, arguments: Arguments) -> Outcome:
    """What a tool did. A fault of ours is logged and the model is told of a failure."""
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            return await tool.act(arguments)
    except TimeoutError:
        return failure("timeout", f"{tool.name} did not end within {_LONGEST_SECONDS:g} seconds.")
    except Exception:
        _log.exception("a tool failed", tool=tool.name, kind=tool.kind)
        return failure("internal", f"{tool.name} failed.")
