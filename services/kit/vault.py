"""Encryption of secrets at rest."""

from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.kit.errors import internal
from services.kit.files import ensure_secret
from services.kit.logs import get_logger

_log = get_logger(__name__)
_Stamp = tuple[int, int, int]


class Vault:
    """Encrypts with the first of its keys and decrypts with any, so that a key is replaced by a new line above it.

    A vault on a file sees such a line at once, without a restart.
    """

    def __init__(self, keys: list[bytes], path: Path | None = None) -> None:
        """path: the file that the keys come from, if any."""
        self._path = path
        self._file_name = "the key file" if path is None else path.name
        self._stamp = _stamp(path)
        self._use(keys)

    @classmethod
    def open(cls, path: Path) -> Self:
        """A vault with the keys in a file, one a line; makes the file with a new key when there is none.

        Raises: ValueError when a line is no key.
        """
        return cls(ensure_secret(path, Fernet.generate_key).split(), path)

    def encrypt(self, secret: str) -> str:
        """The secret as it may be stored."""
        self._refresh()
        return self._all.encrypt(secret.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The secret that was stored.

        Raises: CallboxError `internal` when none of the keys fits.
        """
        self._refresh()
        try:
            return self._all.decrypt(stored).decode()
        except InvalidToken:
            _log.error("no key fits a stored secret: bring the old key back as its last line", file=self._file_name)
            raise internal() from None

    def holds(self, stored: str, secret: str) -> bool:
        """Whether this is the secret that was stored; False when none of the keys fits."""
        self._refresh()
        try:
            return self._all.decrypt(stored) == secret.encode()
        except InvalidToken:
            return False

    def resealed(self, stored: str) -> str | None:
        """The secret encrypted with the first key; itself when it is already; None when none of the keys fits."""
        self._refresh()
        try:
            self._first.decrypt(stored)
        except InvalidToken:
            try:
                return self._all.rotate(stored).decode()
            except InvalidToken:
                return None
        return stored

    def _refresh(self) -> None:
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return
        try:
            self._use(self._path.read_bytes().split())
        except (OSError, ValueError) as fault:
            # Half of a file that is being written; the keys that were good stay in use.
            _log.warning("the keys cannot be read anew", file=self._file_name, fault=type(fault).__name__)
        else:
            self._stamp = stamp
            _log.info("the keys were read anew", file=self._file_name)

    def _use(self, keys: list[bytes]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._all = MultiFernet(fernets)
        self._first = fernets[0]


def _stamp(path: Path | None) -> _Stamp | None:
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if status else None
