"""Identity tokens: who may vouch for whom."""

import base64
import json
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind, Signer, Verifier, ensure_keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ensure_keys(tmp_path / "keys", _ISSUERS)
    return tmp_path / "keys"


_ISSUERS = ("accounts", "gateway", "sessions", "agent")
USER = Identity(Kind.USER, user_id=7, tenant_id="ten_a", is_staff=True, by_key=True)
VISITOR = Identity(Kind.VISITOR, name="gateway", origin="https://acme.com")


def refused(folder: Path, token: str, code: Code = Code.NOT_AUTHENTICATED) -> None:
    with pytest.raises(CallboxError) as caught:
        Verifier(folder).verify(token)
    assert caught.value.code is code


def test_an_identity_survives_the_way(folder: Path) -> None:
    verifier = Verifier(folder)
    assert verifier.verify(Signer(folder, "accounts").sign(USER)) == USER
    assert verifier.verify(Signer(folder, "gateway").sign(VISITOR)) == VISITOR
    service = verifier.verify(Signer(folder, "sessions").service_token())
    assert service.is_service("sessions")
    assert not service.is_service("agent")


def test_an_issuer_vouches_for_its_own_kind_alone(folder: Path) -> None:
    for issuer in ("gateway", "sessions", "agent"):
        refused(folder, Signer(folder, issuer).sign(USER))
    for issuer in ("accounts", "sessions", "agent"):
        refused(folder, Signer(folder, issuer).sign(VISITOR))
    for issuer in ("accounts", "gateway", "sessions"):
        refused(folder, Signer(folder, issuer).sign(Identity(Kind.SERVICE, name="agent")))


def test_a_token_ends(folder: Path) -> None:
    refused(folder, Signer(folder, "accounts").sign(USER, ttl_seconds=-10), Code.TOKEN_EXPIRED)


def test_a_token_that_was_verified_is_remembered_no_longer_than_it_lives(folder: Path) -> None:
    verifier, signer = Verifier(folder), Signer(folder, "accounts")
    alive, over = signer.sign(USER, ttl_seconds=60), signer.sign(USER, ttl_seconds=-2)
    for token in (alive, over):
        assert verifier.verify(token) == USER, "clocks may differ by five seconds"
    # Without the keys, only what is remembered can be told.
    verifier._keys.clear()
    (folder / "accounts.pub").unlink()
    assert verifier.verify(alive) == USER
    with pytest.raises(CallboxError):
        verifier.verify(over)


def test_tokens_that_were_verified_are_forgotten_in_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.identity._MAX_VERIFIED", 3)
    verifier, signer = Verifier(folder), Signer(folder, "gateway")
    for number in range(10):
        verifier.verify(signer.sign(Identity(Kind.VISITOR, name="gateway", origin=f"https://{number}.example")))
    assert len(verifier._verified) == 3


def test_a_token_of_another_installation_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    ensure_keys(other, ["accounts", "stranger"])
    refused(folder, Signer(other, "accounts").sign(USER))
    refused(folder, Signer(other, "stranger").service_token())


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é.é.é"])
def test_what_is_no_token_is_refused(folder: Path, token: str) -> None:
    refused(folder, token)


def test_a_changed_token_is_refused(folder: Path) -> None:
    header, claims, signature = Signer(folder, "accounts").sign(USER).split(".")
    content = json.loads(base64.urlsafe_b64decode(claims + "=="))
    content["tenant"] = "ten_b"
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    refused(folder, f"{header}.{forged}.{signature}")
    refused(folder, f"{header}.{claims}.")


def test_no_other_algorithm_is_taken(folder: Path) -> None:
    claims = {"iss": "accounts", "aud": "callbox", "exp": time.time() + 60, "kind": "user", "sub": "7"}
    claims |= {"tenant": "ten_a", "staff": True}
    refused(folder, jwt.encode(claims, "", "none"))
    public = (folder / "accounts.pub").read_bytes()
    raw = serialization.load_pem_public_key(public).public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    refused(folder, jwt.encode(claims, raw, "HS256"))


def test_the_token_of_another_audience_is_refused(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / "accounts.key").read_bytes(), None)
    claims = {"iss": "accounts", "aud": "callbox-access", "exp": time.time() + 60, "kind": "user", "sub": "7"}
    refused(folder, jwt.encode(claims, key, "EdDSA"))  # type: ignore[arg-type]


@pytest.mark.parametrize("issuer", ["../accounts", "/etc/passwd", "", "accounts.key"])
def test_an_issuer_is_no_path(folder: Path, issuer: str) -> None:
    key = serialization.load_pem_private_key((folder / "accounts.key").read_bytes(), None)
    claims = {"iss": issuer, "aud": "callbox", "exp": time.time() + 60, "kind": "service", "sub": issuer}
    refused(folder, jwt.encode(claims, key, "EdDSA"))  # type: ignore[arg-type]


def test_keys_are_made_once_and_are_private(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ensure_keys(folder, _ISSUERS)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert set(before) == {
        f"{name}.{end}" for name in ("accounts", "gateway", "sessions", "agent") for end in ("key", "pub")
    }
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}


def test_a_service_token_is_kept_for_half_of_its_life(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signer, now, clock = Signer(folder, "sessions"), time.monotonic(), time.time()
    first = signer.service_token()
    assert signer.service_token() == first
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    monkeypatch.setattr(time, "time", lambda: clock + 61)
    assert signer.service_token() != first


def test_who_may_see_a_tenant() -> None:
    assert Identity(Kind.USER, tenant_id="a").may_see("a")
    assert not Identity(Kind.USER, tenant_id="a").may_see("b")
    assert Identity(Kind.USER, tenant_id="a", is_staff=True).may_see("b")
    assert not Identity(Kind.SERVICE, name="sessions").may_see("")
    assert not Identity(Kind.VISITOR).may_see("")
