"""`python -m services.gateway`."""

from services.gateway.app import serve
from services.gateway.settings import GatewaySettings
from services.kit.process import run

if __name__ == "__main__":
    run("gateway", GatewaySettings, serve)
