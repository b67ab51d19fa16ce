from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_body import ErrorBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    session_id: str,
    *,
    last_event_id: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["last-event-id"] = last_event_id

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/agents/sessions/{session_id}/events/".format(
            session_id=quote(str(session_id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | ErrorBody | str | None:
    if response.status_code == 200:
        response_200 = response.text
        return response_200

    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = ErrorBody.from_dict(response.json())

        return response_404

    if response.status_code == 422:
        response_422 = ErrorBody.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = ErrorBody.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorBody.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = ErrorBody.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | ErrorBody | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient,
    last_event_id: None | str | Unset = UNSET,
) -> Response[Any | ErrorBody | str]:
    """Watch a call

     Sends a call of one of your characters as server-sent events: its state (`state`), speech that is
    not final yet
    (`turn.partial`), the events of its history (`turn.final`, `tool`, `handoff`, `form`, `error`), and
    its end
    (`ended`).

    After a lost connection, send the last `id` as `Last-Event-ID`: you get every event of the history
    once. A call that
    has ended sends its history. A stream lasts 15 minutes at most; reconnect for the rest.

    Args:
        session_id (str):
        last_event_id (None | str | Unset): The last id you saw; events after it follow.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorBody | str]
    """

    kwargs = _get_kwargs(
        session_id=session_id,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    session_id: str,
    *,
    client: AuthenticatedClient,
    last_event_id: None | str | Unset = UNSET,
) -> Any | ErrorBody | str | None:
    """Watch a call

     Sends a call of one of your characters as server-sent events: its state (`state`), speech that is
    not final yet
    (`turn.partial`), the events of its history (`turn.final`, `tool`, `handoff`, `form`, `error`), and
    its end
    (`ended`).

    After a lost connection, send the last `id` as `Last-Event-ID`: you get every event of the history
    once. A call that
    has ended sends its history. A stream lasts 15 minutes at most; reconnect for the rest.

    Args:
        session_id (str):
        last_event_id (None | str | Unset): The last id you saw; events after it follow.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorBody | str
    """

    return sync_detailed(
        session_id=session_id,
        client=client,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient,
    last_event_id: None | str | Unset = UNSET,
) -> Response[Any | ErrorBody | str]:
    """Watch a call

     Sends a call of one of your characters as server-sent events: its state (`state`), speech that is
    not final yet
    (`turn.partial`), the events of its history (`turn.final`, `tool`, `handoff`, `form`, `error`), and
    its end
    (`ended`).

    After a lost connection, send the last `id` as `Last-Event-ID`: you get every event of the history
    once. A call that
    has ended sends its history. A stream lasts 15 minutes at most; reconnect for the rest.

    Args:
        session_id (str):
        last_event_id (None | str | Unset): The last id you saw; events after it follow.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorBody | str]
    """

    kwargs = _get_kwargs(
        session_id=session_id,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    session_id: str,
    *,
    client: AuthenticatedClient,
    last_event_id: None | str | Unset = UNSET,
) -> Any | ErrorBody | str | None:
    """Watch a call

     Sends a call of one of your characters as server-sent events: its state (`state`), speech that is
    not final yet
    (`turn.partial`), the events of its history (`turn.final`, `tool`, `handoff`, `form`, `error`), and
    its end
    (`ended`).

    After a lost connection, send the last `id` as `Last-Event-ID`: you get every event of the history
    once. A call that
    has ended sends its history. A stream lasts 15 minutes at most; reconnect for the rest.

    Args:
        session_id (str):
        last_event_id (None | str | Unset): The last id you saw; events after it follow.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorBody | str
    """

    return (
        await asyncio_detailed(
            session_id=session_id,
            client=client,
            last_event_id=last_event_id,
        )
    ).parsed
