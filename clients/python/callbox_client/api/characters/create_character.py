from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.character import Character
from ...models.character_definition import CharacterDefinition
from ...models.error_body import ErrorBody
from ...types import Response


def _get_kwargs(
    *,
    body: CharacterDefinition,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/ai-characters/",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Character | ErrorBody | None:
    if response.status_code == 201:
        response_201 = Character.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = ErrorBody.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

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
) -> Response[Character | ErrorBody]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: CharacterDefinition,
) -> Response[Character | ErrorBody]:
    """Create a character

     Creates version 1 of a character. A field that you do not send gets its default.

    Args:
        body (CharacterDefinition): A whole character; `slug` and `name` are required, and the
            slug never changes. Example: {'name': 'Support', 'system_prompt': 'You answer calls for a
            bicycle shop. Saturday: 10 to 16.', 'greeting': 'Hello, how can I help?', 'language':
            'en', 'allowed_origins': ['https://shop.example'], 'widget_appearance': {'name': 'Shop',
            'theme': {'primary_color': '#6366F1'}}, 'llm_model': 'gpt-4o-mini', 'slug': 'support-
            bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Character | ErrorBody]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: CharacterDefinition,
) -> Character | ErrorBody | None:
    """Create a character

     Creates version 1 of a character. A field that you do not send gets its default.

    Args:
        body (CharacterDefinition): A whole character; `slug` and `name` are required, and the
            slug never changes. Example: {'name': 'Support', 'system_prompt': 'You answer calls for a
            bicycle shop. Saturday: 10 to 16.', 'greeting': 'Hello, how can I help?', 'language':
            'en', 'allowed_origins': ['https://shop.example'], 'widget_appearance': {'name': 'Shop',
            'theme': {'primary_color': '#6366F1'}}, 'llm_model': 'gpt-4o-mini', 'slug': 'support-
            bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Character | ErrorBody
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CharacterDefinition,
) -> Response[Character | ErrorBody]:
    """Create a character

     Creates version 1 of a character. A field that you do not send gets its default.

    Args:
        body (CharacterDefinition): A whole character; `slug` and `name` are required, and the
            slug never changes. Example: {'name': 'Support', 'system_prompt': 'You answer calls for a
            bicycle shop. Saturday: 10 to 16.', 'greeting': 'Hello, how can I help?', 'language':
            'en', 'allowed_origins': ['https://shop.example'], 'widget_appearance': {'name': 'Shop',
            'theme': {'primary_color': '#6366F1'}}, 'llm_model': 'gpt-4o-mini', 'slug': 'support-
            bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Character | ErrorBody]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CharacterDefinition,
) -> Character | ErrorBody | None:
    """Create a character

     Creates version 1 of a character. A field that you do not send gets its default.

    Args:
        body (CharacterDefinition): A whole character; `slug` and `name` are required, and the
            slug never changes. Example: {'name': 'Support', 'system_prompt': 'You answer calls for a
            bicycle shop. Saturday: 10 to 16.', 'greeting': 'Hello, how can I help?', 'language':
            'en', 'allowed_origins': ['https://shop.example'], 'widget_appearance': {'name': 'Shop',
            'theme': {'primary_color': '#6366F1'}}, 'llm_model': 'gpt-4o-mini', 'slug': 'support-
            bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Character | ErrorBody
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
