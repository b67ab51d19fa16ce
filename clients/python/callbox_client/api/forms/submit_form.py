from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_body import ErrorBody
from ...models.form_response import FormResponse
from ...models.submit_form import SubmitForm
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    body: SubmitForm,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/agents/{slug}/form-responses/".format(
            slug=quote(str(slug), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorBody | FormResponse | None:
    if response.status_code == 201:
        response_201 = FormResponse.from_dict(response.json())

        return response_201

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
) -> Response[ErrorBody | FormResponse]:
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
    body: SubmitForm,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ErrorBody | FormResponse]:
    """Submit a form

     Validates the values by the current version of the form and stores them.

    Open to pages whose `Origin` the character lists, and to its owner.

    Args:
        slug (str):
        idempotency_key (None | str | Unset): The same key and body within 24 hours get the
            response that was stored first.
        body (SubmitForm): A form response to store. Other keys than these three are ignored.
            Example: {'form_id': 'book-demo', 'values': {'consent': True, 'email': 'alice@acme.com',
            'first_name': 'Alice'}, 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | FormResponse]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: SubmitForm,
    idempotency_key: None | str | Unset = UNSET,
) -> ErrorBody | FormResponse | None:
    """Submit a form

     Validates the values by the current version of the form and stores them.

    Open to pages whose `Origin` the character lists, and to its owner.

    Args:
        slug (str):
        idempotency_key (None | str | Unset): The same key and body within 24 hours get the
            response that was stored first.
        body (SubmitForm): A form response to store. Other keys than these three are ignored.
            Example: {'form_id': 'book-demo', 'values': {'consent': True, 'email': 'alice@acme.com',
            'first_name': 'Alice'}, 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | FormResponse
    """

    return sync_detailed(
        slug=slug,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: SubmitForm,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ErrorBody | FormResponse]:
    """Submit a form

     Validates the values by the current version of the form and stores them.

    Open to pages whose `Origin` the character lists, and to its owner.

    Args:
        slug (str):
        idempotency_key (None | str | Unset): The same key and body within 24 hours get the
            response that was stored first.
        body (SubmitForm): A form response to store. Other keys than these three are ignored.
            Example: {'form_id': 'book-demo', 'values': {'consent': True, 'email': 'alice@acme.com',
            'first_name': 'Alice'}, 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorBody | FormResponse]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: SubmitForm,
    idempotency_key: None | str | Unset = UNSET,
) -> ErrorBody | FormResponse | None:
    """Submit a form

     Validates the values by the current version of the form and stores them.

    Open to pages whose `Origin` the character lists, and to its owner.

    Args:
        slug (str):
        idempotency_key (None | str | Unset): The same key and body within 24 hours get the
            response that was stored first.
        body (SubmitForm): A form response to store. Other keys than these three are ignored.
            Example: {'form_id': 'book-demo', 'values': {'consent': True, 'email': 'alice@acme.com',
            'first_name': 'Alice'}, 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorBody | FormResponse
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
