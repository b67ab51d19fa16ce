"""Encryption with keys that are derived from the identity key of accounts, which all its processes share."""

import base64
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.kit.identity import ACCOUNTS_ISSUER


def identity_key(keys_dir: Path) -> Ed25519PrivateKey:
    """The identity key of accounts.

    Raises: OSError when it is missing, TypeError when it is not an Ed25519 key.
    """
    key = serialization.load_pem_private_key((keys_dir / f"{ACCOUNTS_ISSUER}.key").read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{ACCOUNTS_ISSUER}.key is not an Ed25519 key; remove it, and a new one is made.")
    return key


def fernet(key: Ed25519PrivateKey, purpose: bytes) -> Fernet:
    """Encryption for one purpose."""
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(key.private_bytes_raw())
    return Fernet(base64.urlsafe_b64encode(derived))
