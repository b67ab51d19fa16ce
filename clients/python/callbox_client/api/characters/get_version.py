from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_body import ErrorBody
from ...models.version import Version
from ...types import Response


def _get_kwargs(
    slug: str,
    number: int,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/ai-characters/{slug}/versions/{number}/".format(
            slug=quote(str(slug), safe=""),
            number=quote(str(number), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorBody | Version | None:
    if response.status_code == 200:
        response_200 = Version.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = ErrorBody.from_dict(response.json())

        return response_404

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ErrorBody | Version]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    slug: str,
    number: int,
    *,
    client: AuthenticatedClient,
) -> Response[ErrorBody | Version]:
    """Read a version of a character

     Answers a character as it was in this version, with masked secrets.

    Args:
        slug (str):
        number (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | Version]
    """

    kwargs = _get_kwargs(
        slug=slug,
        number=number,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    number: int,
    *,
    client: AuthenticatedClient,
) -> ErrorBody | Version | None:
    """Read a version of a character

     Answers a character as it was in this version, with masked secrets.

    Args:
        slug (str):
        number (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | Version
    """

    return sync_detailed(
        slug=slug,
        number=number,
        client=client,
    ).parsed


async def asyncio_detailed(
    slug: str,
    number: int,
    *,
    client: AuthenticatedClient,
) -> Response[ErrorBody | Version]:
    """Read a version of a character

     Answers a character as it was in this version, with masked secrets.

    Args:
        slug (str):
        number (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | Version]
    """

    kwargs = _get_kwargs(
        slug=slug,
        number=number,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    number: int,
    *,
    client: AuthenticatedClient,
) -> ErrorBody | Version | None:
    """Read a version of a character

     Answers a character as it was in this version, with masked secrets.

    Args:
        slug (str):
        number (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | Version
    """

    return (
        await asyncio_detailed(
            slug=slug,
            number=number,
            client=client,
        )
    ).parsed
