"""Settings of the gateway."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from services.gateway.requests.client_address import networks
from services.kit.settings import CatalogueSettings, ListenSettings


def _of_networks(text: str) -> str:
    networks(text)
    return text


class GatewaySettings(ListenSettings, CatalogueSettings):
    """Settings of the gateway."""

    listen: str = Field(default="127.0.0.1:8000", description="host:port of the HTTP API.")
    accounts_address: str = Field(description="host:port of accounts.")
    characters_address: str = Field(description="host:port of characters.")
    sessions_address: str = Field(description="host:port of sessions.")
    web_dir: Path = Field(default=Path("web/widget/dist"), description="Folder of the built web pages.")
    trusted_proxies: Annotated[str, AfterValidator(_of_networks)] = Field(
        default="",
        description="Comma-separated networks of proxies whose X-Forwarded-For is trusted; empty: none.",
    )
    debug: bool = Field(default=False, description="Lets pages of any origin start calls. Never set it in production.")
