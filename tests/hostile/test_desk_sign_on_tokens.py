"""ID tokens that sign nobody in: of another visit, for another, or not of the provider."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.desk_site import DeskSite
from tests.identity_provider import CLIENT, SECRET, Claims, IdentityProvider, other
from tests.sign_on import come_back, linked, shut_out, visited


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda honest: {key: value for key, value in honest.items() if key != name}


@pytest.mark.parametrize(
    "alter",
    {
        "another nonce": other(nonce="x"),
        "no nonce": without("nonce"),
        "another audience": other(aud="another-client"),
        "audience of many, made for another": other(aud=[CLIENT, "x"], azp="x"),
        "audience of many, made for nobody": other(aud=[CLIENT, "x"]),
        "no audience": without("aud"),
        "another issuer": other(iss="https://evil.example"),
        "expired": other(exp=1_700_000_000),
        "never expires": without("exp"),
        "expires as text": other(exp="9999999999"),
        "issued tomorrow": lambda honest: {**honest, "iat": honest["iat"] + 86_400},
        "not yet valid": lambda honest: {**honest, "nbf": honest["iat"] + 86_400},
        "nobody": without("sub"),
        "a number": other(sub=17),
        "a pattern": other(sub={"$gt": ""}),
        "an unknown person": other(sub="somebody-else"),
    }.items(),
    ids=lambda pair: pair[0],
)
async def test_a_token_that_is_not_about_this_visit_signs_nobody_in(
    door: DeskSite, provider: IdentityProvider, alter: tuple[str, Callable[[Claims], Claims]]
) -> None:
    await linked(door, provider)
    provider.alter = alter[1]
    person = door.stranger()
    shut_out(await come_back(person, **await visited(person, provider)), person)


def put_together(head: Claims, claims: Claims, seal: Callable[[bytes], bytes]) -> str:
    """By hand: what no library signs."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)
    ]
    text = b".".join(parts)
    return (text + b"." + base64.urlsafe_b64encode(seal(text)).rstrip(b"=")).decode()


def unsigned(_: IdentityProvider, claims: Claims) -> str:
    return put_together({"alg": "none"}, claims, lambda _: b"")


def by_secret(_: IdentityProvider, claims: Claims) -> str:
    head = {"alg": "HS256", "kid": "o1"}
    return put_together(head, claims, lambda text: hmac.digest(SECRET.encode(), text, "sha256"))


def by_a_published_secret(provider: IdentityProvider, claims: Claims) -> str:
    key = provider.shared.raw_value
    head = {"alg": "HS256", "kid": "o1"}
    return put_together(head, claims, lambda text: hmac.digest(key, text, "sha256"))


def by_public_key(provider: IdentityProvider, claims: Claims) -> str:
    """The old trick: the public key as a shared secret."""
    key = provider.rsa.as_pem(private=False)
    head = {"alg": "HS256", "kid": "r1"}
    return put_together(head, claims, lambda text: hmac.digest(key, text, "sha256"))


def by_a_stranger(_: IdentityProvider, claims: Claims) -> str:
    key = RSAKey.generate_key(2048, {"kid": "r1"})
    header = {"alg": "RS256", "kid": "r1", "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key)


def weaker(provider: IdentityProvider, claims: Claims) -> str:
    return jws.serialize_compact(
        {"alg": "RS512", "kid": "r1"},
        json.dumps(claims).encode(),
        provider.rsa,
        algorithms=["RS512"],
    )


def altered(provider: IdentityProvider, claims: Claims) -> str:
    head, _, seal = provider.jws(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "x": 1}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{seal}"


@pytest.mark.parametrize(
    "sign",
    [unsigned, by_secret, by_a_published_secret, by_public_key, by_a_stranger, weaker, altered],
)
async def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    door: DeskSite,
    provider: IdentityProvider,
    sign: Callable[[IdentityProvider, Claims], str],
) -> None:
    await linked(door, provider)
    provider.sign = sign
    person = door.stranger()
    shut_out(await come_back(person, **await visited(person, provider)), person)
