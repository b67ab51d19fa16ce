"""The key pair of the LiveKit server, which signs tokens and opens its API."""

from dataclasses import dataclass
from pathlib import Path

from services.kit.settings import SettingsError


@dataclass(frozen=True, repr=False)
class LiveKitKeys:
    """The key pair of the LiveKit server."""

    key: str
    secret: str


def read_keys(path: Path) -> LiveKitKeys:
    """The first `key: secret` of LiveKit's key file.

    Raises: SettingsError when there is none.
    """
    try:
        lines = path.read_text().splitlines()
    except OSError as fault:
        raise SettingsError(f"CALLBOX_LIVEKIT_KEYS_FILE cannot be read: {fault.strerror}: {path}") from None
    for line in lines:
        key, colon, secret = line.partition(":")
        if colon and key.strip() and secret.strip() and not key.startswith("#"):
            return LiveKitKeys(key.strip(), secret.strip())
    raise SettingsError(f"CALLBOX_LIVEKIT_KEYS_FILE holds no line `key: secret`: {path}")
