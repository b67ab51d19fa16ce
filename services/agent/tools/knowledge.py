"""Tools of the kind `kb` (contract 7.4, 14.8, 14.13): passages of the character's documents that answer a question."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from callbox.characters.v1 import knowledge_pb2

from services.agent.tools.http import with_query
from services.agent.tools.tool import Arguments, Outcome, as_text, failure
from services.kit.errors import CallboxError
from services.kit.net.outbound import Outbound, OutboundError

DEFAULT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "description": "What to look up, as a whole question or a few words."},
        "top_k": {"type": "integer", "minimum": 1, "maximum": 20, "description": "How many passages; usually 5."},
    },
    "required": ["query"],
}
_DEFAULT_PASSAGES, _MAX_PASSAGES = 5, 20
_MAX_QUERY_CHARACTERS = 2_000
_ADDRESS_SECONDS = 5.0
_ADDRESS_MAX_BYTES = 1024 * 1024

# Asks the characters service. Raises: CallboxError.
Search = Callable[[str, int], Awaitable[knowledge_pb2.SearchResponse]]


@dataclass(frozen=True)
class KnowledgeSearch:
    """Asks the characters service."""

    search: Search

    async def __call__(self, arguments: Arguments) -> Outcome:
        """Passages, best first, each with its source."""
        query, count = _question(arguments)
        if not query:
            return failure("invalid_arguments", "query must say what to look up.")
        try:
            found = await self.search(query, count)
        except CallboxError as fault:
            return failure("unavailable", f"The documents cannot be searched now: {fault.message}")
        return _told([passage_of(each) for each in found.passages])


@dataclass(frozen=True)
class AddressSearch:
    """Asks an address of the owner, the character's `kb_query_url`. key: gives the key to send; may give none."""

    url: str
    key: Callable[[], Awaitable[str]]
    outbound: Outbound

    async def __call__(self, arguments: Arguments) -> Outcome:
        """What the address answers."""
        query, count = _question(arguments)
        if not query:
            return failure("invalid_arguments", "query must say what to look up.")
        try:
            key = await self.key()
        except CallboxError as fault:
            return failure("unavailable", f"The documents cannot be searched now: {fault.message}")
        headers = {"Accept": "application/json", **({"X-API-Key": key} if key else {})}
        try:
            answer = await self.outbound.request(
                "GET",
                with_query(self.url, {"q": query, "top_k": count}),
                headers=headers,
                deadline_seconds=_ADDRESS_SECONDS,
                max_bytes=_ADDRESS_MAX_BYTES,
            )
        except OutboundError as fault:
            return failure(fault.code, str(fault))
        if not 200 <= answer.status < 300:
            return failure(f"http_{answer.status}", f"The server answered {answer.status}.")
        return Outcome(answer.body.decode("utf-8", "replace"))


def _question(arguments: Arguments) -> tuple[str, int]:
    """The question and the number of passages; the owner's schema may name them otherwise or leave them out."""
    query = arguments.get("query") or next((value for value in arguments.values() if isinstance(value, str)), "")
    count = arguments.get("top_k")
    wanted = int(count) if isinstance(count, int | float) and not isinstance(count, bool) else _DEFAULT_PASSAGES
    return str(query).strip()[:_MAX_QUERY_CHARACTERS], min(max(wanted, 1), _MAX_PASSAGES)


def passage_of(passage: knowledge_pb2.Passage) -> dict[str, Any]:
    """A passage as the model sees it, with its source."""
    page = {"page": passage.page} if passage.page else {}
    return {"text": passage.text, "metadata": {"source": passage.source, **page}}


def _told(passages: list[dict[str, Any]]) -> Outcome:
    return Outcome(as_text(passages) if passages else "No passage of the documents says anything about that.")
