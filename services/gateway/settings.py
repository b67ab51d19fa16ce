"""What the gateway is told."""

from pathlib import Path

from pydantic import Field

from services.kit.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Settings of the gateway."""

    listen: str = Field(default="127.0.0.1:8000", description="host:port of the HTTP API.")
    accounts_address: str = Field(description="host:port of accounts.")
    characters_address: str = Field(description="host:port of characters.")
    sessions_address: str = Field(description="host:port of sessions.")
    web_dir: Path = Field(default=Path("web/widget/dist"), description="Folder of the built web pages.")
    debug: bool = Field(default=False, description="True lets pages of any origin start calls; never in production.")
