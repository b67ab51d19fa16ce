from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.character import Character
from ...models.error_body import ErrorBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    q: str | Unset = "",
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["q"] = q

    json_page: int | None | Unset
    if isinstance(page, Unset):
        json_page = UNSET
    else:
        json_page = page
    params["page"] = json_page

    json_page_size: int | None | Unset
    if isinstance(page_size, Unset):
        json_page_size = UNSET
    else:
        json_page_size = page_size
    params["page_size"] = json_page_size

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/ai-characters/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorBody | list[Character] | None:
    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:
            response_200_item = Character.from_dict(response_200_item_data)

            response_200.append(response_200_item)

        return response_200

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

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
) -> Response[ErrorBody | list[Character]]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    q: str | Unset = "",
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> Response[ErrorBody | list[Character]]:
    """List your characters

     Lists your characters, newest first: all of them, or one page.

    Args:
        q (str | Unset): Only characters whose slug or name contains this; case is ignored.
            Default: ''.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | list[Character]]
    """

    kwargs = _get_kwargs(
        q=q,
        page=page,
        page_size=page_size,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    q: str | Unset = "",
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> ErrorBody | list[Character] | None:
    """List your characters

     Lists your characters, newest first: all of them, or one page.

    Args:
        q (str | Unset): Only characters whose slug or name contains this; case is ignored.
            Default: ''.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | list[Character]
    """

    return sync_detailed(
        client=client,
        q=q,
        page=page,
        page_size=page_size,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    q: str | Unset = "",
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> Response[ErrorBody | list[Character]]:
    """List your characters

     Lists your characters, newest first: all of them, or one page.

    Args:
        q (str | Unset): Only characters whose slug or name contains this; case is ignored.
            Default: ''.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | list[Character]]
    """

    kwargs = _get_kwargs(
        q=q,
        page=page,
        page_size=page_size,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    q: str | Unset = "",
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> ErrorBody | list[Character] | None:
    """List your characters

     Lists your characters, newest first: all of them, or one page.

    Args:
        q (str | Unset): Only characters whose slug or name contains this; case is ignored.
            Default: ''.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | list[Character]
    """

    return (
        await asyncio_detailed(
            client=client,
            q=q,
            page=page,
            page_size=page_size,
        )
    ).parsed
