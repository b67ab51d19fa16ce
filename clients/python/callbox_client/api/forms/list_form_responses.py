from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_body import ErrorBody
from ...models.form_response import FormResponse
from ...models.list_form_responses_format_type_0 import (
    ListFormResponsesFormatType0,
)
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    form_id: None | str | Unset = UNSET,
    session_id: None | str | Unset = UNSET,
    format_: ListFormResponsesFormatType0 | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_form_id: None | str | Unset
    if isinstance(form_id, Unset):
        json_form_id = UNSET
    else:
        json_form_id = form_id
    params["form_id"] = json_form_id

    json_session_id: None | str | Unset
    if isinstance(session_id, Unset):
        json_session_id = UNSET
    else:
        json_session_id = session_id
    params["session_id"] = json_session_id

    json_format_: None | str | Unset
    if isinstance(format_, Unset):
        json_format_ = UNSET
    elif isinstance(format_, str):
        json_format_ = format_
    else:
        json_format_ = format_
    params["format"] = json_format_

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
        "url": "/api/agents/{slug}/form-responses/".format(
            slug=quote(str(slug), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorBody | list[FormResponse] | str | None:
    if response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/csv"):
        return response.text

    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:
            response_200_item = FormResponse.from_dict(response_200_item_data)

            response_200.append(response_200_item)

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
) -> Response[ErrorBody | list[FormResponse] | str]:
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
    form_id: None | str | Unset = UNSET,
    session_id: None | str | Unset = UNSET,
    format_: ListFormResponsesFormatType0 | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> Response[ErrorBody | list[FormResponse] | str]:
    """List answers to forms

     Lists the form responses of one of your characters, newest first; all of them without `page` and
    `page_size`.

    Args:
        slug (str):
        form_id (None | str | Unset): Only responses to this form.
        session_id (None | str | Unset): Only responses given in this call.
        format_ (ListFormResponsesFormatType0 | None | Unset): `csv` for a file with all that
            match; `Accept: text/csv` does the same.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | list[FormResponse] | str]
    """

    kwargs = _get_kwargs(
        slug=slug,
        form_id=form_id,
        session_id=session_id,
        format_=format_,
        page=page,
        page_size=page_size,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient,
    form_id: None | str | Unset = UNSET,
    session_id: None | str | Unset = UNSET,
    format_: ListFormResponsesFormatType0 | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> ErrorBody | list[FormResponse] | str | None:
    """List answers to forms

     Lists the form responses of one of your characters, newest first; all of them without `page` and
    `page_size`.

    Args:
        slug (str):
        form_id (None | str | Unset): Only responses to this form.
        session_id (None | str | Unset): Only responses given in this call.
        format_ (ListFormResponsesFormatType0 | None | Unset): `csv` for a file with all that
            match; `Accept: text/csv` does the same.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | list[FormResponse] | str
    """

    return sync_detailed(
        slug=slug,
        client=client,
        form_id=form_id,
        session_id=session_id,
        format_=format_,
        page=page,
        page_size=page_size,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    form_id: None | str | Unset = UNSET,
    session_id: None | str | Unset = UNSET,
    format_: ListFormResponsesFormatType0 | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> Response[ErrorBody | list[FormResponse] | str]:
    """List answers to forms

     Lists the form responses of one of your characters, newest first; all of them without `page` and
    `page_size`.

    Args:
        slug (str):
        form_id (None | str | Unset): Only responses to this form.
        session_id (None | str | Unset): Only responses given in this call.
        format_ (ListFormResponsesFormatType0 | None | Unset): `csv` for a file with all that
            match; `Accept: text/csv` does the same.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | list[FormResponse] | str]
    """

    kwargs = _get_kwargs(
        slug=slug,
        form_id=form_id,
        session_id=session_id,
        format_=format_,
        page=page,
        page_size=page_size,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    form_id: None | str | Unset = UNSET,
    session_id: None | str | Unset = UNSET,
    format_: ListFormResponsesFormatType0 | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    page_size: int | None | Unset = UNSET,
) -> ErrorBody | list[FormResponse] | str | None:
    """List answers to forms

     Lists the form responses of one of your characters, newest first; all of them without `page` and
    `page_size`.

    Args:
        slug (str):
        form_id (None | str | Unset): Only responses to this form.
        session_id (None | str | Unset): Only responses given in this call.
        format_ (ListFormResponsesFormatType0 | None | Unset): `csv` for a file with all that
            match; `Accept: text/csv` does the same.
        page (int | None | Unset): Number of the page; without page and page_size, the complete
            list.
        page_size (int | None | Unset): Items on a page; 50 if unset.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | list[FormResponse] | str
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            form_id=form_id,
            session_id=session_id,
            format_=format_,
            page=page,
            page_size=page_size,
        )
    ).parsed
