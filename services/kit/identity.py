"""Identity tokens between services: who makes a request, signed for two minutes and verified with a public key.

Each issuer signs for one kind of caller only: accounts for users, the gateway for visitors, a service for itself.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import jwt
from cachetools import TLRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.kit.errors import CallboxError, Code
from services.kit.secret_files import ensure_secret

_ALGORITHM = "EdDSA"
_LEEWAY_SECONDS = 5
_MAX_VERIFIED = 4_096
IDENTITY_TTL_SECONDS = 120
# Accepted by every service; each worker accepts only tokens made for it.
SERVICES_AUDIENCE = "callbox"
ACCOUNTS_ISSUER = "accounts"
GATEWAY_ISSUER = "gateway"


class Kind(StrEnum):
    """Kind of caller."""

    USER = "user"
    VISITOR = "visitor"
    SERVICE = "service"


@dataclass(frozen=True)
class Identity:
    """A caller, as an issuer signed it.

    name: of a service; for a visitor, the issuer. user_id, tenant_id, is_staff: of a user. by_key: the user sent an API
    key. origin: of a visitor's page.
    """

    kind: Kind
    name: str = ""
    user_id: int = 0
    tenant_id: str = ""
    is_staff: bool = False
    by_key: bool = False
    origin: str = ""

    def is_service(self, *names: str) -> bool:
        """True if the caller is one of these services."""
        return self.kind is Kind.SERVICE and self.name in names

    def may_see(self, tenant_id: str) -> bool:
        """True if the caller is a user who may read this tenant's data."""
        return self.kind is Kind.USER and (self.is_staff or self.tenant_id == tenant_id)


def worker_audience(worker_id: str) -> str:
    """The audience of tokens that only one worker accepts."""
    return f"callbox-worker/{worker_id}"


def ensure_keys(keys_dir: Path, names: Iterable[str]) -> None:
    """Makes the Ed25519 key pair of each issuer unless it exists: `<name>.key` (mode 600) and `<name>.pub`."""
    for name in names:
        private = serialization.load_pem_private_key(ensure_secret(keys_dir / f"{name}.key", _new_key), None)
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        path = keys_dir / f"{name}.pub"
        if not path.exists() or path.read_bytes() != public:
            path.write_bytes(public)


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Signer:
    """Signs identities as one issuer."""

    def __init__(self, keys_dir: Path, issuer: str) -> None:
        self._issuer = issuer
        self._key = serialization.load_pem_private_key((keys_dir / f"{issuer}.key").read_bytes(), None)
        self._service_token = ("", 0.0)

    def sign(
        self, identity: Identity, ttl_seconds: float = IDENTITY_TTL_SECONDS, audience: str = SERVICES_AUDIENCE
    ) -> str:
        """A token for the identity, valid for `ttl_seconds`. audience: who accepts it."""
        now = time.time()
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": audience,
            "iat": int(now),
            "exp": int(now + ttl_seconds),
            "kind": str(identity.kind),
            "sub": str(identity.user_id) if identity.kind is Kind.USER else identity.name or self._issuer,
        }
        if identity.kind is Kind.USER:
            claims |= {"tenant": identity.tenant_id, "staff": identity.is_staff, "key": identity.by_key}
        if identity.origin:
            claims["origin"] = identity.origin
        return jwt.encode(claims, self._key, _ALGORITHM)  # type: ignore[arg-type]  # an Ed25519 key by construction

    def service_token(self) -> str:
        """A token for the issuer itself; a new one is signed when half of the lifetime is over."""
        token, renew_at = self._service_token
        if time.monotonic() >= renew_at:
            token = self.sign(Identity(Kind.SERVICE, name=self._issuer))
            self._service_token = (token, time.monotonic() + IDENTITY_TTL_SECONDS / 2)
        return token


def claimed_tenant(token: str) -> str:
    """The tenant in a user's token, which is not verified: only for a token that accounts itself has just sent."""
    return str(jwt.decode(token, options={"verify_signature": False})["tenant"])


class Verifier:
    """Verifies identity tokens with the public keys in a folder. `<issuer>.pub` is read when it is first needed.

    audience: the tokens that it accepts.
    """

    def __init__(self, keys_dir: Path, audience: str = SERVICES_AUDIENCE) -> None:
        self._keys_dir = keys_dir
        self._audience = audience
        self._keys: dict[str, Ed25519PublicKey] = {}
        # Token → (identity, unix time of its expiry). Callers send a token many times; verifying a signature is slow.
        self._verified: TLRUCache[str, tuple[Identity, float]] = TLRUCache(
            _MAX_VERIFIED, ttu=lambda _token, verified, _now: verified[1], timer=time.time
        )

    def verify(self, token: str) -> Identity:
        """The identity in a token.

        Raises: CallboxError `not_authenticated` or `token_expired`.
        """
        verified = self._verified.get(token)
        if verified is None:
            verified = self._verified[token] = self._verify(token)
        return verified[0]

    def _verify(self, token: str) -> tuple[Identity, float]:
        try:
            issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
            claims = jwt.decode(
                token,
                self._key(str(issuer)),
                algorithms=[_ALGORITHM],
                audience=self._audience,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "sub", "kind"]},
            )
            kind = Kind(claims["kind"])
        except jwt.ExpiredSignatureError:
            raise CallboxError(Code.TOKEN_EXPIRED, "The identity token has expired; ask again.") from None
        except (jwt.PyJWTError, KeyError, ValueError, OSError):
            raise CallboxError(Code.NOT_AUTHENTICATED, "The identity token is not valid; sign in again.") from None
        allowed = {Kind.USER: ACCOUNTS_ISSUER, Kind.VISITOR: GATEWAY_ISSUER, Kind.SERVICE: claims["sub"]}
        if claims["iss"] != allowed[kind]:
            raise CallboxError(Code.NOT_AUTHENTICATED, f"{claims['iss']} may not vouch for a {kind}.")
        expires, origin = float(claims["exp"]), str(claims.get("origin", ""))
        if kind is not Kind.USER:
            return Identity(kind, name=str(claims["sub"]), origin=origin), expires
        user = Identity(
            kind,
            user_id=int(claims["sub"]),
            tenant_id=str(claims["tenant"]),
            is_staff=bool(claims["staff"]),
            by_key=bool(claims.get("key")),
            origin=origin,
        )
        return user, expires

    def _key(self, issuer: str) -> Ed25519PublicKey:
        if issuer not in self._keys:
            if not issuer.isidentifier():
                raise ValueError("not an issuer")
            key = serialization.load_pem_public_key((self._keys_dir / f"{issuer}.pub").read_bytes())
            if not isinstance(key, Ed25519PublicKey):
                raise ValueError("not an Ed25519 key")
            self._keys[issuer] = key
        return self._keys[issuer]
