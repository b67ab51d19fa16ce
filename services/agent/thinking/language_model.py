"""The language model of a call."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from livekit.agents import llm
from livekit.plugins.openai import LLM

from services.agent.fallback_models import Fallback
from services.agent.thinking.endpoint import is_own, open_client, read_certificates
from services.agent.thinking.late_markers import LateMarkers

MAX_REPLY_TOKENS = 160
_TEMPERATURE = 0.2

# At import, which the worker does once for all job processes.
read_certificates()

AnyModel: TypeAlias = llm.LLM[Any]


@dataclass(frozen=True)
class AnswerLimits:
    """How long one answer may be. tokens: reasoning included. sentences: 0 for no limit."""

    tokens: int = MAX_REPLY_TOKENS
    sentences: int = 0


@dataclass(frozen=True)
class Model:
    """A language model for one call.

    reader: the same model for reading ahead, so that its faults and its tokens are not those of a turn. It limits no
    answer: each request does. own: it runs on the operator's own machines. late_markers: what is known of the model's
    reasoning. limits: of the answers of `llm`.
    """

    llm: AnyModel
    reader: AnyModel
    own: bool
    late_markers: LateMarkers = field(default_factory=LateMarkers)
    limits: AnswerLimits = field(default_factory=AnswerLimits)


@contextlib.asynccontextmanager
async def language_model(
    url: str,
    model: str,
    key: str,
    late_markers: LateMarkers | None = None,
    fallbacks: Sequence[Fallback] = (),
    limits: AnswerLimits | None = None,
) -> AsyncIterator[Model]:
    """A model at one endpoint for one call. url: with its /v1; empty for OpenAI's own. key: may be empty.

    fallbacks: asked in this order when the endpoint fails.
    """
    limits = limits or AnswerLimits()
    async with open_client(url, key, fallbacks) as client:
        # A limit of the client would replace that of a request.
        reader = LLM(model=model, client=client, temperature=_TEMPERATURE)
        answers = LLM(model=model, client=client, max_completion_tokens=limits.tokens, temperature=_TEMPERATURE)
        yield Model(answers, reader, is_own(url), late_markers or LateMarkers(), limits)
