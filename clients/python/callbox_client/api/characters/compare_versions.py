from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.difference import Difference
from ...models.error_body import ErrorBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    number: int,
    *,
    against: int | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_against: int | None | Unset
    if isinstance(against, Unset):
        json_against = UNSET
    else:
        json_against = against
    params["against"] = json_against

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/ai-characters/{slug}/versions/{number}/diff/".format(
            slug=quote(str(slug), safe=""),
            number=quote(str(number), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Difference | ErrorBody | None:
    if response.status_code == 200:
        response_200 = Difference.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = ErrorBody.from_dict(response.json())

        return response_404

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
) -> Response[Difference | ErrorBody]:
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
    against: int | None | Unset = UNSET,
) -> Response[Difference | ErrorBody]:
    """Compare two versions

     Answers the changes from the other version to this one as JSON Patch (RFC 6902), with masked
    secrets.

    Args:
        slug (str):
        number (int):
        against (int | None | Unset): The other version. Unset: the one before. 0: a character
            with every default.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Difference | ErrorBody]
    """

    kwargs = _get_kwargs(
        slug=slug,
        number=number,
        against=against,
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
    against: int | None | Unset = UNSET,
) -> Difference | ErrorBody | None:
    """Compare two versions

     Answers the changes from the other version to this one as JSON Patch (RFC 6902), with masked
    secrets.

    Args:
        slug (str):
        number (int):
        against (int | None | Unset): The other version. Unset: the one before. 0: a character
            with every default.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Difference | ErrorBody
    """

    return sync_detailed(
        slug=slug,
        number=number,
        client=client,
        against=against,
    ).parsed


async def asyncio_detailed(
    slug: str,
    number: int,
    *,
    client: AuthenticatedClient,
    against: int | None | Unset = UNSET,
) -> Response[Difference | ErrorBody]:
    """Compare two versions

     Answers the changes from the other version to this one as JSON Patch (RFC 6902), with masked
    secrets.

    Args:
        slug (str):
        number (int):
        against (int | None | Unset): The other version. Unset: the one before. 0: a character
            with every default.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Difference | ErrorBody]
    """

    kwargs = _get_kwargs(
        slug=slug,
        number=number,
        against=against,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    number: int,
    *,
    client: AuthenticatedClient,
    against: int | None | Unset = UNSET,
) -> Difference | ErrorBody | None:
    """Compare two versions

     Answers the changes from the other version to this one as JSON Patch (RFC 6902), with masked
    secrets.

    Args:
        slug (str):
        number (int):
        against (int | None | Unset): The other version. Unset: the one before. 0: a character
            with every default.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Difference | ErrorBody
    """

    return (
        await asyncio_detailed(
            slug=slug,
            number=number,
            client=client,
            against=against,
        )
    ).parsed
