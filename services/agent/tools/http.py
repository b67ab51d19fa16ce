"""Tools of the kind `http` (contract 7.3, 14.8): a request to an address of the character's owner."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from services.agent.metadata import Metadata
from services.agent.tools.tool import Arguments, Outcome, as_text, failure
from services.kit.character_definition.tools import HttpConfig
from services.kit.errors import CallboxError
from services.kit.net.outbound import Answer, Outbound, OutboundError

SESSION_HEADER = "X-Callbox-Session-Id"
# Of the answer's body. The model reads far less of it.
_MAX_BYTES = 2 * 1024 * 1024
_MAX_QUOTED_CHARACTERS = 400
_IN_QUERY = ("GET", "DELETE")


@dataclass(frozen=True)
class Session:
    """What an endpoint is told about the call."""

    session_id: str
    metadata: Metadata


# The configured headers, with their secrets. Raises: CallboxError when they cannot be read.
Headers = Callable[[], Awaitable[Mapping[str, str]]]


class HttpRequest:
    """Carries out the calls of one tool."""

    def __init__(self, config: HttpConfig, headers: Headers, session: Session, outbound: Outbound) -> None:
        self._config = config
        self._url = session.metadata.fill(config.url, lambda value: quote(value, safe=""))
        self._headers = headers
        self._session = session
        self._outbound = outbound

    async def __call__(self, arguments: Arguments) -> Outcome:
        """Sends the request; the body of a 2xx answer is the result."""
        try:
            configured = await self._headers()
        except CallboxError as fault:
            return failure("unavailable", f"The function cannot be used now: {fault.message}")
        fill = self._session.metadata.fill
        url, headers, content = self._message(arguments, {name: fill(value) for name, value in configured.items()})
        try:
            answer = await self._outbound.request(
                self._config.method,
                url,
                headers=headers,
                content=content,
                deadline_seconds=self._config.timeout_seconds,
                max_bytes=_MAX_BYTES,
            )
        except OutboundError as fault:
            return failure(fault.code, str(fault))
        text = _text_of(answer)
        if 200 <= answer.status < 300:
            return Outcome(text)
        said = f" It said: {text[:_MAX_QUOTED_CHARACTERS]}" if text.strip() and "html" not in _type_of(answer) else ""
        return failure(f"http_{answer.status}", f"The server answered {answer.status}.{said}")

    def _message(self, arguments: Arguments, configured: Mapping[str, str]) -> tuple[str, dict[str, str], bytes | None]:
        headers = {"Accept": "application/json"}
        if self._config.method in _IN_QUERY:
            if self._config.send_session:
                headers[SESSION_HEADER] = self._session.session_id
            return with_query(self._url, arguments), _merged(headers, configured), None
        body: dict[str, Any] = dict(arguments)
        if self._config.send_session:
            body["_session"] = {
                "session_id": self._session.session_id,
                "metadata": dict(self._session.metadata.values),
            }
        headers["Content-Type"] = "application/json"
        return self._url, _merged(headers, configured), json.dumps(body, ensure_ascii=False).encode()


def _merged(own: Mapping[str, str], configured: Mapping[str, str]) -> dict[str, str]:
    """Headers of both; a configured one replaces our own, in whatever case it is written."""
    names = {name.lower() for name in configured}
    return {**{name: value for name, value in own.items() if name.lower() not in names}, **configured}


def with_query(url: str, arguments: Arguments) -> str:
    """A URL with arguments added to its query. A list gives one parameter for each item; null gives none."""
    pairs = [
        (name, item if isinstance(item, str) else as_text(item))
        for name, value in arguments.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(pairs))))
    return urlunsplit(parts._replace(query=query))


def _type_of(answer: Answer) -> str:
    return str(answer.headers.get("content-type", "")).lower()


def _text_of(answer: Answer) -> str:
    described = Message()
    described["content-type"] = _type_of(answer)
    charset = described.get_content_charset("utf-8")
    try:
        return answer.body.decode(charset, "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")
