from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.add_document_files_body import AddDocumentFilesBody
from ...models.add_document_json_page_body import AddDocumentJsonPageBody
from ...models.document import Document
from ...models.error_body import ErrorBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    body: AddDocumentFilesBody | AddDocumentJsonPageBody,
    replace: bool | Unset = False,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["replace"] = replace

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/knowledge-base/{slug}/documents/".format(
            slug=quote(str(slug), safe=""),
        ),
        "params": params,
    }

    if isinstance(body, AddDocumentFilesBody):
        _kwargs["files"] = body.to_multipart()

        headers["Content-Type"] = "multipart/form-data; boundary=+++"
    if isinstance(body, AddDocumentJsonPageBody):
        _kwargs["json"] = body.to_dict()

        headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Document | ErrorBody | None:
    if response.status_code == 201:
        response_201 = Document.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = ErrorBody.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorBody.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = ErrorBody.from_dict(response.json())

        return response_404

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
) -> Response[Document | ErrorBody]:
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
    body: AddDocumentFilesBody | AddDocumentJsonPageBody,
    replace: bool | Unset = False,
) -> Response[Document | ErrorBody]:
    """Add a document

     Takes a file, in the field `file` of a multipart form, or the address of a web page as JSON.

    It is processed afterwards: its status is `PENDING` until it is `PROCESSED` or `FAILED`. A gateway
    takes 16 uploads
    at once and answers 503 `at_capacity` to one more.

    Args:
        slug (str):
        replace (bool | Unset): `true`: the document replaces the older ones of the same name.
            They are found until this one is `PROCESSED`, and stay if it fails. Default: False.
        body (AddDocumentFilesBody):
        body (AddDocumentJsonPageBody): The address of a web page or file. Example: {'url':
            'https://shop.example/faq'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Document | ErrorBody]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        replace=replace,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: AddDocumentFilesBody | AddDocumentJsonPageBody,
    replace: bool | Unset = False,
) -> Document | ErrorBody | None:
    """Add a document

     Takes a file, in the field `file` of a multipart form, or the address of a web page as JSON.

    It is processed afterwards: its status is `PENDING` until it is `PROCESSED` or `FAILED`. A gateway
    takes 16 uploads
    at once and answers 503 `at_capacity` to one more.

    Args:
        slug (str):
        replace (bool | Unset): `true`: the document replaces the older ones of the same name.
            They are found until this one is `PROCESSED`, and stay if it fails. Default: False.
        body (AddDocumentFilesBody):
        body (AddDocumentJsonPageBody): The address of a web page or file. Example: {'url':
            'https://shop.example/faq'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Document | ErrorBody
    """

    return sync_detailed(
        slug=slug,
        client=client,
        body=body,
        replace=replace,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: AddDocumentFilesBody | AddDocumentJsonPageBody,
    replace: bool | Unset = False,
) -> Response[Document | ErrorBody]:
    """Add a document

     Takes a file, in the field `file` of a multipart form, or the address of a web page as JSON.

    It is processed afterwards: its status is `PENDING` until it is `PROCESSED` or `FAILED`. A gateway
    takes 16 uploads
    at once and answers 503 `at_capacity` to one more.

    Args:
        slug (str):
        replace (bool | Unset): `true`: the document replaces the older ones of the same name.
            They are found until this one is `PROCESSED`, and stay if it fails. Default: False.
        body (AddDocumentFilesBody):
        body (AddDocumentJsonPageBody): The address of a web page or file. Example: {'url':
            'https://shop.example/faq'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Document | ErrorBody]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        replace=replace,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: AddDocumentFilesBody | AddDocumentJsonPageBody,
    replace: bool | Unset = False,
) -> Document | ErrorBody | None:
    """Add a document

     Takes a file, in the field `file` of a multipart form, or the address of a web page as JSON.

    It is processed afterwards: its status is `PENDING` until it is `PROCESSED` or `FAILED`. A gateway
    takes 16 uploads
    at once and answers 503 `at_capacity` to one more.

    Args:
        slug (str):
        replace (bool | Unset): `true`: the document replaces the older ones of the same name.
            They are found until this one is `PROCESSED`, and stay if it fails. Default: False.
        body (AddDocumentFilesBody):
        body (AddDocumentJsonPageBody): The address of a web page or file. Example: {'url':
            'https://shop.example/faq'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Document | ErrorBody
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            body=body,
            replace=replace,
        )
    ).parsed
