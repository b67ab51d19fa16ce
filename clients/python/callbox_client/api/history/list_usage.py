import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.envelope_usage_report import EnvelopeUsageReport
from ...models.error_body import ErrorBody
from ...models.list_usage_end_reason_type_0 import ListUsageEndReasonType0
from ...models.list_usage_status_type_0 import ListUsageStatusType0
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    character_slug: None | str | Unset = UNSET,
    tenant_id: None | str | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    end_reason: ListUsageEndReasonType0 | None | Unset = UNSET,
    origin: None | str | Unset = UNSET,
    status: ListUsageStatusType0 | None | Unset = UNSET,
    page: int | Unset = 1,
    page_size: int | Unset = 50,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_character_slug: None | str | Unset
    if isinstance(character_slug, Unset):
        json_character_slug = UNSET
    else:
        json_character_slug = character_slug
    params["character_slug"] = json_character_slug

    json_tenant_id: None | str | Unset
    if isinstance(tenant_id, Unset):
        json_tenant_id = UNSET
    else:
        json_tenant_id = tenant_id
    params["tenant_id"] = json_tenant_id

    json_start: None | str | Unset
    if isinstance(start, Unset):
        json_start = UNSET
    elif isinstance(start, datetime.datetime):
        json_start = start.isoformat()
    else:
        json_start = start
    params["start"] = json_start

    json_end: None | str | Unset
    if isinstance(end, Unset):
        json_end = UNSET
    elif isinstance(end, datetime.datetime):
        json_end = end.isoformat()
    else:
        json_end = end
    params["end"] = json_end

    json_end_reason: None | str | Unset
    if isinstance(end_reason, Unset):
        json_end_reason = UNSET
    elif isinstance(end_reason, str):
        json_end_reason = end_reason
    else:
        json_end_reason = end_reason
    params["end_reason"] = json_end_reason

    json_origin: None | str | Unset
    if isinstance(origin, Unset):
        json_origin = UNSET
    else:
        json_origin = origin
    params["origin"] = json_origin

    json_status: None | str | Unset
    if isinstance(status, Unset):
        json_status = UNSET
    elif isinstance(status, str):
        json_status = status
    else:
        json_status = status
    params["status"] = json_status

    params["page"] = page

    params["page_size"] = page_size

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/billing/usage/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> EnvelopeUsageReport | ErrorBody | None:
    if response.status_code == 200:
        response_200 = EnvelopeUsageReport.from_dict(response.json())

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
) -> Response[EnvelopeUsageReport | ErrorBody]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    character_slug: None | str | Unset = UNSET,
    tenant_id: None | str | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    end_reason: ListUsageEndReasonType0 | None | Unset = UNSET,
    origin: None | str | Unset = UNSET,
    status: ListUsageStatusType0 | None | Unset = UNSET,
    page: int | Unset = 1,
    page_size: int | Unset = 50,
) -> Response[EnvelopeUsageReport | ErrorBody]:
    """List calls and what they used

     Lists the calls of your characters (staff: of all), newest first, with totals of all that match the
    filter.

    Args:
        character_slug (None | str | Unset): Only this character.
        tenant_id (None | str | Unset): Only this tenant.
        start (datetime.datetime | None | Unset): Only calls created at this time or later; ISO
            8601.
        end (datetime.datetime | None | Unset): Only calls created at this time or earlier; ISO
            8601. A date means its whole day.
        end_reason (ListUsageEndReasonType0 | None | Unset): Only calls that ended for this
            reason.
        origin (None | str | Unset): Only calls from pages of this site, `https://host`.
        status (ListUsageStatusType0 | None | Unset): Only calls with this status.
        page (int | Unset): Number of the page, from 1. Default: 1.
        page_size (int | Unset): Calls on a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EnvelopeUsageReport | ErrorBody]
    """

    kwargs = _get_kwargs(
        character_slug=character_slug,
        tenant_id=tenant_id,
        start=start,
        end=end,
        end_reason=end_reason,
        origin=origin,
        status=status,
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
    character_slug: None | str | Unset = UNSET,
    tenant_id: None | str | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    end_reason: ListUsageEndReasonType0 | None | Unset = UNSET,
    origin: None | str | Unset = UNSET,
    status: ListUsageStatusType0 | None | Unset = UNSET,
    page: int | Unset = 1,
    page_size: int | Unset = 50,
) -> EnvelopeUsageReport | ErrorBody | None:
    """List calls and what they used

     Lists the calls of your characters (staff: of all), newest first, with totals of all that match the
    filter.

    Args:
        character_slug (None | str | Unset): Only this character.
        tenant_id (None | str | Unset): Only this tenant.
        start (datetime.datetime | None | Unset): Only calls created at this time or later; ISO
            8601.
        end (datetime.datetime | None | Unset): Only calls created at this time or earlier; ISO
            8601. A date means its whole day.
        end_reason (ListUsageEndReasonType0 | None | Unset): Only calls that ended for this
            reason.
        origin (None | str | Unset): Only calls from pages of this site, `https://host`.
        status (ListUsageStatusType0 | None | Unset): Only calls with this status.
        page (int | Unset): Number of the page, from 1. Default: 1.
        page_size (int | Unset): Calls on a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EnvelopeUsageReport | ErrorBody
    """

    return sync_detailed(
        client=client,
        character_slug=character_slug,
        tenant_id=tenant_id,
        start=start,
        end=end,
        end_reason=end_reason,
        origin=origin,
        status=status,
        page=page,
        page_size=page_size,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    character_slug: None | str | Unset = UNSET,
    tenant_id: None | str | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    end_reason: ListUsageEndReasonType0 | None | Unset = UNSET,
    origin: None | str | Unset = UNSET,
    status: ListUsageStatusType0 | None | Unset = UNSET,
    page: int | Unset = 1,
    page_size: int | Unset = 50,
) -> Response[EnvelopeUsageReport | ErrorBody]:
    """List calls and what they used

     Lists the calls of your characters (staff: of all), newest first, with totals of all that match the
    filter.

    Args:
        character_slug (None | str | Unset): Only this character.
        tenant_id (None | str | Unset): Only this tenant.
        start (datetime.datetime | None | Unset): Only calls created at this time or later; ISO
            8601.
        end (datetime.datetime | None | Unset): Only calls created at this time or earlier; ISO
            8601. A date means its whole day.
        end_reason (ListUsageEndReasonType0 | None | Unset): Only calls that ended for this
            reason.
        origin (None | str | Unset): Only calls from pages of this site, `https://host`.
        status (ListUsageStatusType0 | None | Unset): Only calls with this status.
        page (int | Unset): Number of the page, from 1. Default: 1.
        page_size (int | Unset): Calls on a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EnvelopeUsageReport | ErrorBody]
    """

    kwargs = _get_kwargs(
        character_slug=character_slug,
        tenant_id=tenant_id,
        start=start,
        end=end,
        end_reason=end_reason,
        origin=origin,
        status=status,
        page=page,
        page_size=page_size,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    character_slug: None | str | Unset = UNSET,
    tenant_id: None | str | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    end_reason: ListUsageEndReasonType0 | None | Unset = UNSET,
    origin: None | str | Unset = UNSET,
    status: ListUsageStatusType0 | None | Unset = UNSET,
    page: int | Unset = 1,
    page_size: int | Unset = 50,
) -> EnvelopeUsageReport | ErrorBody | None:
    """List calls and what they used

     Lists the calls of your characters (staff: of all), newest first, with totals of all that match the
    filter.

    Args:
        character_slug (None | str | Unset): Only this character.
        tenant_id (None | str | Unset): Only this tenant.
        start (datetime.datetime | None | Unset): Only calls created at this time or later; ISO
            8601.
        end (datetime.datetime | None | Unset): Only calls created at this time or earlier; ISO
            8601. A date means its whole day.
        end_reason (ListUsageEndReasonType0 | None | Unset): Only calls that ended for this
            reason.
        origin (None | str | Unset): Only calls from pages of this site, `https://host`.
        status (ListUsageStatusType0 | None | Unset): Only calls with this status.
        page (int | Unset): Number of the page, from 1. Default: 1.
        page_size (int | Unset): Calls on a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EnvelopeUsageReport | ErrorBody
    """

    return (
        await asyncio_detailed(
            client=client,
            character_slug=character_slug,
            tenant_id=tenant_id,
            start=start,
            end=end,
            end_reason=end_reason,
            origin=origin,
            status=status,
            page=page,
            page_size=page_size,
        )
    ).parsed
