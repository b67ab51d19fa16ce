from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.envelope_started_session import EnvelopeStartedSession
from ...models.error_body import ErrorBody
from ...models.start_session import StartSession
from ...models.started_session import StartedSession
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: StartSession,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/agents/agent-session/",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> EnvelopeStartedSession | StartedSession | ErrorBody | None:
    if response.status_code == 200:

        def _parse_response_200(data: object) -> EnvelopeStartedSession | StartedSession:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = StartedSession.from_dict(data)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_200_type_1 = EnvelopeStartedSession.from_dict(data)

            return response_200_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorBody.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorBody.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorBody.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = ErrorBody.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = ErrorBody.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = ErrorBody.from_dict(response.json())

        return response_415

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
) -> Response[EnvelopeStartedSession | StartedSession | ErrorBody]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: StartSession,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[EnvelopeStartedSession | StartedSession | ErrorBody]:
    """Start a call

     Starts a call or refuses it within a second.

    With an API key the answer is wrapped in an envelope. With an access token, or from a page whose
    `Origin` the
    character lists, it is bare.

    Args:
        idempotency_key (None | str | Unset): With a credential: the same key and body within 24
            hours get the same call.
        body (StartSession): Every field but `agent` is optional and overrides the character for
            this call. Unknown fields are ignored. Example: {'agent': 'support-bot', 'language': 'en',
            'origin_url': 'https://shop.example/help', 'metadata': {'plan': 'pro', 'user_name':
            'Ada'}}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EnvelopeStartedSession | StartedSession | ErrorBody]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: StartSession,
    idempotency_key: None | str | Unset = UNSET,
) -> EnvelopeStartedSession | StartedSession | ErrorBody | None:
    """Start a call

     Starts a call or refuses it within a second.

    With an API key the answer is wrapped in an envelope. With an access token, or from a page whose
    `Origin` the
    character lists, it is bare.

    Args:
        idempotency_key (None | str | Unset): With a credential: the same key and body within 24
            hours get the same call.
        body (StartSession): Every field but `agent` is optional and overrides the character for
            this call. Unknown fields are ignored. Example: {'agent': 'support-bot', 'language': 'en',
            'origin_url': 'https://shop.example/help', 'metadata': {'plan': 'pro', 'user_name':
            'Ada'}}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EnvelopeStartedSession | StartedSession | ErrorBody
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: StartSession,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[EnvelopeStartedSession | StartedSession | ErrorBody]:
    """Start a call

     Starts a call or refuses it within a second.

    With an API key the answer is wrapped in an envelope. With an access token, or from a page whose
    `Origin` the
    character lists, it is bare.

    Args:
        idempotency_key (None | str | Unset): With a credential: the same key and body within 24
            hours get the same call.
        body (StartSession): Every field but `agent` is optional and overrides the character for
            this call. Unknown fields are ignored. Example: {'agent': 'support-bot', 'language': 'en',
            'origin_url': 'https://shop.example/help', 'metadata': {'plan': 'pro', 'user_name':
            'Ada'}}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EnvelopeStartedSession | StartedSession | ErrorBody]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: StartSession,
    idempotency_key: None | str | Unset = UNSET,
) -> EnvelopeStartedSession | StartedSession | ErrorBody | None:
    """Start a call

     Starts a call or refuses it within a second.

    With an API key the answer is wrapped in an envelope. With an access token, or from a page whose
    `Origin` the
    character lists, it is bare.

    Args:
        idempotency_key (None | str | Unset): With a credential: the same key and body within 24
            hours get the same call.
        body (StartSession): Every field but `agent` is optional and overrides the character for
            this call. Unknown fields are ignored. Example: {'agent': 'support-bot', 'language': 'en',
            'origin_url': 'https://shop.example/help', 'metadata': {'plan': 'pro', 'user_name':
            'Ada'}}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EnvelopeStartedSession | StartedSession | ErrorBody
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
