from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.character import Character
from ...models.character_replacement import CharacterReplacement
from ...models.error_body import ErrorBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    body: CharacterReplacement,
    if_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/ai-characters/{slug}/".format(
            slug=quote(str(slug), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Character | ErrorBody | None:
    if response.status_code == 200:
        response_200 = Character.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorBody.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = ErrorBody.from_dict(response.json())

        return response_404

    if response.status_code == 412:
        response_412 = ErrorBody.from_dict(response.json())

        return response_412

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
    slug: str,
    *,
    client: AuthenticatedClient,
    body: CharacterReplacement,
    if_match: str | Unset = UNSET,
) -> Response[Character | ErrorBody]:
    """Replace a character

     Creates a new version from a complete definition. A field that you do not send gets its default.

    Args:
        slug (str):
        if_match (str | Unset):
        body (CharacterReplacement): A whole character; what is not sent takes its default. The
            slug is that of the path and may be left out. Example: {'name': 'Support',
            'system_prompt': 'You answer calls for a bicycle shop. Saturday: 10 to 16.', 'greeting':
            'Hello, how can I help?', 'language': 'en', 'allowed_origins': ['https://shop.example'],
            'widget_appearance': {'name': 'Shop', 'theme': {'primary_color': '#6366F1'}}, 'llm_model':
            'gpt-4o-mini', 'slug': 'support-bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Character | ErrorBody]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        if_match=if_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: CharacterReplacement,
    if_match: str | Unset = UNSET,
) -> Character | ErrorBody | None:
    """Replace a character

     Creates a new version from a complete definition. A field that you do not send gets its default.

    Args:
        slug (str):
        if_match (str | Unset):
        body (CharacterReplacement): A whole character; what is not sent takes its default. The
            slug is that of the path and may be left out. Example: {'name': 'Support',
            'system_prompt': 'You answer calls for a bicycle shop. Saturday: 10 to 16.', 'greeting':
            'Hello, how can I help?', 'language': 'en', 'allowed_origins': ['https://shop.example'],
            'widget_appearance': {'name': 'Shop', 'theme': {'primary_color': '#6366F1'}}, 'llm_model':
            'gpt-4o-mini', 'slug': 'support-bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Character | ErrorBody
    """

    return sync_detailed(
        slug=slug,
        client=client,
        body=body,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: CharacterReplacement,
    if_match: str | Unset = UNSET,
) -> Response[Character | ErrorBody]:
    """Replace a character

     Creates a new version from a complete definition. A field that you do not send gets its default.

    Args:
        slug (str):
        if_match (str | Unset):
        body (CharacterReplacement): A whole character; what is not sent takes its default. The
            slug is that of the path and may be left out. Example: {'name': 'Support',
            'system_prompt': 'You answer calls for a bicycle shop. Saturday: 10 to 16.', 'greeting':
            'Hello, how can I help?', 'language': 'en', 'allowed_origins': ['https://shop.example'],
            'widget_appearance': {'name': 'Shop', 'theme': {'primary_color': '#6366F1'}}, 'llm_model':
            'gpt-4o-mini', 'slug': 'support-bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Character | ErrorBody]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: CharacterReplacement,
    if_match: str | Unset = UNSET,
) -> Character | ErrorBody | None:
    """Replace a character

     Creates a new version from a complete definition. A field that you do not send gets its default.

    Args:
        slug (str):
        if_match (str | Unset):
        body (CharacterReplacement): A whole character; what is not sent takes its default. The
            slug is that of the path and may be left out. Example: {'name': 'Support',
            'system_prompt': 'You answer calls for a bicycle shop. Saturday: 10 to 16.', 'greeting':
            'Hello, how can I help?', 'language': 'en', 'allowed_origins': ['https://shop.example'],
            'widget_appearance': {'name': 'Shop', 'theme': {'primary_color': '#6366F1'}}, 'llm_model':
            'gpt-4o-mini', 'slug': 'support-bot'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Character | ErrorBody
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            body=body,
            if_match=if_match,
        )
    ).parsed
