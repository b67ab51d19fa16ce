"""`make bench-model`: what the local language models get right, and how fast they are.

Each model runs as on one machine, alone and with the settings of `make run`, and is asked as a call asks: through the
same client, with tool calls that were written as text taken out of the answer. The cases are in model_cases.toml.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from livekit.agents import llm
from livekit.agents.llm import function_tool
from rich.console import Console
from rich.table import Table

from bench.model_cases import Cases, read_cases
from deploy.local.local_models import MODELS, local_model
from deploy.local.secret import Secrets
from deploy.local.seed import GREETING, PROMPT
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack, isolated
from measure.machine import machine
from measure.percentiles import Percentiles
from measure.processes import usage
from services.agent.thinking.language_model import MAX_REPLY_TOKENS, Model, language_model
from services.agent.thinking.visible_text import VisibleText
from services.kit.reading.sentences import sentences

_ANSWER_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """An answer of a model. calls: name and arguments of each tool call. *_ms: since the request."""

    text: str
    calls: list[tuple[str, Mapping[str, Any]]]
    first_token_ms: float
    whole_ms: float
    prompt_tokens: int
    cached_tokens: int
    tokens: int

    @property
    def is_cut(self) -> bool:
        """Whether the answer ended at the limit of a call."""
        return self.tokens >= MAX_REPLY_TOKENS

    @property
    def tokens_per_second(self) -> float | None:
        """None for an answer of a token or two."""
        seconds = (self.whole_ms - self.first_token_ms) / 1000
        return (self.tokens - 1) / seconds if self.tokens > 2 and seconds > 0 else None


@dataclass(frozen=True)
class Judged:
    """A case with its answer. picked: whether the right tool was called; None for a question."""

    ask: str
    answer: Answer
    faults: list[str]
    picked: bool | None = None


@dataclass(frozen=True)
class Result:
    """All that was measured with one model. *_bytes: on disk, and of the server after the last case."""

    model: str
    questions: list[Judged]
    requests: list[Judged]
    weights_bytes: int
    rss_bytes: int
    pss_bytes: int

    def rows(self) -> dict[str, str]:
        """The figures as a person reads them."""
        everything = [*self.questions, *self.requests]
        speeds = [speed for each in everything if (speed := each.answer.tokens_per_second) is not None]
        picked = [each for each in self.requests if each.picked and (each.answer.calls or each.answer.text)]
        return {
            "questions: right answers": _share(self.questions),
            "requests: right tool, or rightly none": f"{len(picked)} of {len(self.requests)}",
            "requests: right tool and right arguments": _share(self.requests),
            "first token, questions": _milliseconds(self.questions),
            "first token, requests with tools": _milliseconds(self.requests),
            "tokens a second, p50": f"{Percentiles.of(speeds).p50:.0f}",
            "prompt tokens, requests, of these kept": _kept(self.requests),
            "answers of more than two sentences": str(
                sum(len(list(sentences(each.answer.text))) > 2 for each in everything)
            ),
            "answers cut at the limit": str(sum(each.answer.is_cut for each in everything)),
            "weights": f"{self.weights_bytes / 1e6:.0f} MB",
            "memory of the server (RSS)": f"{self.rss_bytes / 2**20:.0f} MiB",
        }


def main(
    models: Annotated[list[str] | None, typer.Argument(help="Names as in CALLBOX_LOCAL_LLM; default all.")] = None,
    answers: Annotated[bool, typer.Option(help="Print every answer, not only the wrong ones.")] = False,
    slots: Annotated[int, typer.Option(min=1, help="Calls that the server is set up for.")] = 3,
) -> None:
    """Measures the local language models."""
    console = Console(width=120)
    cases = read_cases()
    settings = LocalSettings()
    conditions = machine() | {"threads of the model": str(settings.llm_threads), "calls at once": f"1 of {slots}"}
    results = []
    for name in models or list(MODELS):
        console.print(f"asking {local_model(name).name} …")
        result = asyncio.run(_measure(name, cases, settings.llm_threads, slots))
        results.append(result)
        _show_answers(console, result, everything=answers)
    _show(console, conditions, results)
    print(json.dumps({"machine": conditions, "models": [asdict(each) for each in results]}))


async def _measure(name: str, cases: Cases, threads: int, slots: int) -> Result:
    functions = [_function(tool) for tool in cases.tools]
    with tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder:
        settings = isolated(Path(folder), local_llm=name, llm_threads=threads, slots=slots)
        async with Stack(settings, only=("llm",)) as stack:
            key = Secrets(settings.folder).password("llm")
            async with language_model(settings.effective_llm_url, name, key) as model:
                questions, requests = [], []
                # The prompt is read once, as a call reads it while its greeting is spoken.
                await _ask(model, PROMPT, GREETING, "Hello", [])
                for question in cases.questions:
                    answer = await _ask(model, PROMPT, GREETING, question.ask, [])
                    cut = ["is cut at the limit"] if answer.is_cut else []
                    questions.append(Judged(question.ask, answer, question.faults(answer.text) + cut))
                await _ask(model, cases.prompt, cases.greeting, "Hello", functions)
                for request in cases.requests:
                    answer = await _ask(model, cases.prompt, cases.greeting, request.ask, functions)
                    picked = request.picks(answer.calls)
                    called = ", ".join(f"{name} {json.dumps(given)}" for name, given in answer.calls)
                    faults = [] if picked else [f"calls {called or 'nothing'}"]
                    if not answer.calls and not answer.text:
                        faults.append("says nothing")
                    if picked and answer.calls:
                        faults += request.faults(answer.calls[0][1])
                    requests.append(Judged(request.ask, answer, faults, picked))
            memory = usage({"llm": stack.pid("llm")})["llm"]
    size = local_model(name).weights().stat().st_size
    return Result(name, questions, requests, size, memory.rss_bytes, memory.pss_bytes)


async def _ask(model: Model, prompt: str, greeting: str, said: str, tools: Sequence[llm.Tool]) -> Answer:
    context = llm.ChatContext.empty()
    for role, text in (("system", prompt), ("assistant", greeting), ("user", said)):
        context.add_message(role=role, content=text)  # type: ignore[arg-type]  # a literal each
    names = [tool.info.name for tool in tools if isinstance(tool, llm.RawFunctionTool)]
    visible, told, first, used = VisibleText(names), "", 0.0, None
    calls: list[tuple[str, str]] = []
    began = time.perf_counter()
    async with asyncio.timeout(_ANSWER_SECONDS), model.llm.chat(chat_ctx=context, tools=list(tools)) as stream:
        async for chunk in stream:
            if chunk.delta is not None and (chunk.delta.content or chunk.delta.tool_calls):
                first = first or time.perf_counter()
                told += visible.push(chunk.delta.content or "")
                calls += [(call.name, call.arguments) for call in chunk.delta.tool_calls]
            used = chunk.usage or used
    ended = time.perf_counter()
    told += visible.finish()
    calls += [(call.name, call.arguments) for call in visible.calls]
    return Answer(
        told.strip(),
        [(name, json.loads(arguments)) for name, arguments in calls],
        ((first or ended) - began) * 1000,
        (ended - began) * 1000,
        used.prompt_tokens if used else 0,
        used.prompt_cached_tokens if used else 0,
        used.completion_tokens if used else 0,
    )


def _function(tool: Mapping[str, Any]) -> llm.RawFunctionTool[..., Any]:
    """A tool as the belt shows it to the model."""

    async def never_called(raw_arguments: dict[str, object]) -> None: ...

    shown = {"name": tool["name"], "description": tool["description"], "parameters": tool["schema"]}
    return function_tool(never_called, raw_schema=shown)


def _share(judged: Sequence[Judged]) -> str:
    return f"{sum(not each.faults for each in judged)} of {len(judged)}"


def _milliseconds(judged: Sequence[Judged]) -> str:
    figures = Percentiles.of([each.answer.first_token_ms for each in judged])
    return f"p50 {figures.p50:.0f}, p95 {figures.p95:.0f} ms"


def _kept(judged: Sequence[Judged]) -> str:
    prompt = Percentiles.of([each.answer.prompt_tokens for each in judged])
    kept = Percentiles.of([each.answer.cached_tokens for each in judged])
    return f"{prompt.p50:.0f}, {kept.p50:.0f}"


def _show_answers(console: Console, result: Result, *, everything: bool) -> None:
    for each in (*result.questions, *result.requests):
        if each.faults or everything:
            mark = "[red]✗[/red]" if each.faults else "[green]✓[/green]"
            said = each.answer.text or json.dumps(each.answer.calls)
            console.print(f"{mark} {each.ask}\n    {said}", soft_wrap=True)
            for fault in each.faults:
                console.print(f"    [red]{fault}[/red]", soft_wrap=True)


def _show(console: Console, conditions: Mapping[str, str], results: Sequence[Result]) -> None:
    table = Table("", "", title="Conditions", title_justify="left", show_header=False)
    for name, value in conditions.items():
        table.add_row(name, value)
    console.print(table)
    table = Table("", *(each.model for each in results), title="Local language models", title_justify="left")
    rows = [each.rows() for each in results]
    for name in rows[0]:
        table.add_row(name, *(row[name] for row in rows))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
