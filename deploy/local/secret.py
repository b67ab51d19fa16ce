"""Secrets of the local stack, made in the data folder (mode 600) on the first start."""

import secrets
from collections.abc import Callable
from pathlib import Path

from services.kit.identity import ensure_keys
from services.kit.secret_files import ensure_secret

IDENTITIES = ("accounts", "characters", "gateway", "sessions", "agent")


class Secrets:
    """Reads or makes the secrets below a data folder."""

    def __init__(self, folder: Path, seen: Callable[[str], None] = lambda secret: None) -> None:
        """folder: the data folder. seen: called with each secret that is read or made."""
        self.keys_dir = folder / "keys"
        self._folder = folder / "secrets"
        self._seen = seen
        self.livekit_keys_file = self._folder / "livekit.yaml"
        self.llm_key_file = self._folder / "llm"
        self.shop_secret_file = self._folder / "shop"

    def make(self) -> None:
        """Makes the missing secrets."""
        ensure_keys(self.keys_dir, IDENTITIES)
        self.livekit_key()
        self.password("llm")
        self.password("shop")

    def password(self, name: str) -> str:
        """The random password with this name; made if missing."""
        password = ensure_secret(self._folder / name).decode()
        self._seen(password)
        return password

    def livekit_key(self) -> str:
        """The LiveKit API key. The key file also holds its secret."""

        def new() -> bytes:
            return f"API{secrets.token_hex(6)}: {secrets.token_urlsafe(36)}\n".encode()

        key, _, secret = ensure_secret(self.livekit_keys_file, new).decode().partition(":")
        self._seen(secret.strip())
        return key
