"""Wires the gateway and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from services.gateway.answers import errors
from services.gateway.backends import Backends
from services.gateway.gateway import Gateway
from services.gateway.openapi import schema
from services.gateway.public.origin_cache import OriginCache
from services.gateway.public.visitor_tokens import VisitorTokens
from services.gateway.requests.client_address import networks
from services.gateway.requests.credentials import CredentialExchange
from services.gateway.requests.middleware import RequestMiddleware
from services.gateway.routes import (
    appearance,
    auth,
    billing,
    characters,
    events,
    forms,
    google,
    knowledge,
    me,
    media,
    sessions,
    tenants,
    versions,
    voices,
    webhooks,
)
from services.gateway.routes.api_docs import api_docs_routes
from services.gateway.routes.pages import page_routes
from services.gateway.settings import GatewaySettings
from services.kit.catalogue_file import CatalogueFile
from services.kit.errors import CallboxError
from services.kit.identity import GATEWAY_ISSUER, Signer, ensure_keys
from services.kit.logs import get_logger
from services.kit.ops import HttpServer, ops_routes, ops_server

API_VERSION = "1.0.0"

_log = get_logger(__name__)


def build(settings: GatewaySettings, backends: Backends) -> FastAPI:
    """The HTTP application over these backends. Makes the gateway's key pair when it is missing."""
    ensure_keys(settings.keys_dir, [GATEWAY_ISSUER])
    signer = Signer(settings.keys_dir, GATEWAY_ISSUER)
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(RequestMiddleware)],
        exception_handlers={
            CallboxError: errors.on_callbox_error,
            RequestValidationError: errors.on_validation_error,
            HTTPException: errors.on_http_exception,
        },
        # Ours hold no addresses, queries or bodies; FastAPI's own would.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.gateway = Gateway(
        backends,
        CredentialExchange(backends.accounts, signer.service_token),
        VisitorTokens(signer, allow_any_origin=settings.debug),
        signer,
        CatalogueFile(settings.catalogue),
        OriginCache(backends.gates, signer.service_token, allow_any_origin=settings.debug),
        networks(settings.trusted_proxies),
    )
    routers = (
        sessions.public,
        sessions.router,
        events.router,
        appearance.router,
        forms.public,
        forms.router,
        characters.router,
        versions.router,
        media.router,
        knowledge.router,
        billing.router,
        webhooks.router,
        voices.router,
        auth.router,
        google.router,
        me.router,
        tenants.router,
    )
    for router in routers:
        app.router.routes.extend(router.routes)
    app.router.routes.extend(api_docs_routes(settings.web_dir).routes)
    app.router.routes.extend(page_routes(settings.web_dir).routes)
    app.router.routes.extend(ops_routes(backends.readiness))

    @cache
    def document() -> dict[str, Any]:
        return schema.openapi(app, API_VERSION)

    app.openapi = document  # type: ignore[method-assign]  # FastAPI documents this as the way to replace it
    return app


@asynccontextmanager
async def running(settings: GatewaySettings) -> AsyncIterator[HttpServer]:
    """Serves on the addresses of the settings until the block ends.

    Raises: OSError when an address is taken.
    """
    backends = Backends.open(settings)
    app = build(settings, backends)
    api = HttpServer(app, settings.listen, settings.drain_seconds)
    ops = ops_server(settings.ops_listen, backends.readiness)
    try:
        await api.start()
        try:
            await ops.start()
            try:
                yield api
            finally:
                await ops.stop()
        finally:
            app.state.gateway.closing.set()
            await api.stop()
    finally:
        await backends.close()


async def serve(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    if settings.debug:
        _log.warning("CALLBOX_DEBUG is set: pages of any origin may start calls; never do this in production")
    async with running(settings) as api:
        _log.info("listening", port=api.port)
        await stop.wait()
        _log.info("stopping")
