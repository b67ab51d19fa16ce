from http import HTTPStatus
from io import BytesIO
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_body import ErrorBody
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    voice: str,
    *,
    v: str | Unset = "",
    if_none_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    params: dict[str, Any] = {}

    params["v"] = v

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/voices/{voice}/sample/".format(
            voice=quote(str(voice), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | ErrorBody | File | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

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
) -> Response[Any | ErrorBody | File]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    voice: str,
    *,
    client: AuthenticatedClient,
    v: str | Unset = "",
    if_none_match: str | Unset = UNSET,
) -> Response[Any | ErrorBody | File]:
    """Listen to a voice

     Answers a few recorded seconds of a voice, to everybody. At the `sample_url` of the list it never
    changes.

    Args:
        voice (str):
        v (str | Unset): Digest of the recording, as in `sample_url`. Default: ''.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorBody | File]
    """

    kwargs = _get_kwargs(
        voice=voice,
        v=v,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    voice: str,
    *,
    client: AuthenticatedClient,
    v: str | Unset = "",
    if_none_match: str | Unset = UNSET,
) -> Any | ErrorBody | File | None:
    """Listen to a voice

     Answers a few recorded seconds of a voice, to everybody. At the `sample_url` of the list it never
    changes.

    Args:
        voice (str):
        v (str | Unset): Digest of the recording, as in `sample_url`. Default: ''.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorBody | File
    """

    return sync_detailed(
        voice=voice,
        client=client,
        v=v,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    voice: str,
    *,
    client: AuthenticatedClient,
    v: str | Unset = "",
    if_none_match: str | Unset = UNSET,
) -> Response[Any | ErrorBody | File]:
    """Listen to a voice

     Answers a few recorded seconds of a voice, to everybody. At the `sample_url` of the list it never
    changes.

    Args:
        voice (str):
        v (str | Unset): Digest of the recording, as in `sample_url`. Default: ''.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorBody | File]
    """

    kwargs = _get_kwargs(
        voice=voice,
        v=v,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    voice: str,
    *,
    client: AuthenticatedClient,
    v: str | Unset = "",
    if_none_match: str | Unset = UNSET,
) -> Any | ErrorBody | File | None:
    """Listen to a voice

     Answers a few recorded seconds of a voice, to everybody. At the `sample_url` of the list it never
    changes.

    Args:
        voice (str):
        v (str | Unset): Digest of the recording, as in `sample_url`. Default: ''.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorBody | File
    """

    return (
        await asyncio_detailed(
            voice=voice,
            client=client,
            v=v,
            if_none_match=if_none_match,
        )
    ).parsed
