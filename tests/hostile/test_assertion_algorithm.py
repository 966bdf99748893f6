"""A token that says itself how it wants to be checked."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from schemas.base import parse
from schemas.errors import AssertionRefused, Refused
from schemas.issuers import Issuers
from tests.cast import MORNING, submission
from tests.login import Login, signed

OURS = Login()
CLAIMS = json.dumps(OURS.claims(submission(), MORNING))


def refused(token: str) -> None:
    with pytest.raises(AssertionRefused, match="signature_wrong"):
        OURS.assertions.verify(token, MORNING)


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_no_signature_is_no_proof(name: str) -> None:
    _, body, signature = OURS.sign(json.loads(CLAIMS)).split(".")
    head = part({"alg": name, "kid": "login-1"})
    for token in (f"{head}.{body}.", f"{head}.{body}.{signature}"):
        refused(token)


def test_a_public_key_is_no_shared_secret() -> None:
    secret = OctKey.import_key(json.dumps(OURS.key.as_dict(private=False)))
    refused(signed(CLAIMS, secret, {"alg": "HS256", "kid": "login-1"}))


@pytest.mark.parametrize("alg", ["HS256", "HS512", "none", "ES256K", "RS1"])
def test_an_issuer_cannot_be_configured_with_what_is_no_public_signature(alg: str) -> None:
    content = json.loads(OURS.configuration())
    content["issuers"][0]["algorithms"] = [alg]
    with pytest.raises(Refused):
        parse(Issuers, json.dumps(content).encode())


def test_an_algorithm_that_the_issuer_does_not_use_is_refused() -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "login-1"})
    refused(signed(CLAIMS, rsa, {"alg": "RS256", "kid": "login-1"}))


def test_a_key_that_the_token_brings_along_is_not_looked_at() -> None:
    thief = ECKey.generate_key("P-256", {"kid": "thief"})
    for own in (
        {"jwk": thief.as_dict(private=False)},
        {"jwk": thief.as_dict(private=False), "kid": "login-1"},
        {"jku": "https://thief.example/keys", "kid": "thief"},
        {"x5u": "https://thief.example/cert"},
    ):
        refused(signed(CLAIMS, thief, {"alg": "ES256", **own}))


def test_an_extension_that_must_be_understood_is_refused() -> None:
    head, body, signature = OURS.sign(json.loads(CLAIMS)).split(".")
    del head
    other = part({"alg": "ES256", "kid": "login-1", "crit": ["b64"], "b64": False})
    refused(f"{other}.{body}.{signature}")


def test_one_changed_character_is_refused() -> None:
    head, body, signature = OURS.sign(json.loads(CLAIMS)).split(".")
    other = part({**json.loads(CLAIMS), "sub": "1002"})
    refused(f"{head}.{other}.{signature}")
    refused(f"{head}.{body}.{signature[:-4]}AAAA")
    refused(f"{head}.{body}.")
