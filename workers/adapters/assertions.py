"""Assertions: what a login has signed about who is there, checked before anybody believes it.

1. The token is small, of compact form, and names an issuer that is configured.
2. Its signature is right by one of that issuer's keys and algorithms; nothing that the token brings
   along (`jwk`, `jku`, `x5c`) is looked at, and an extension that it calls critical is refused.
3. It is for us, in its time, and the person signed in just now.

Not checked here: whose request it is for, and that it was not used before; the stage and the
database's unique index do that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import json_b64decode
from pydantic import ValidationError

from schemas.base import parse
from schemas.errors import AssertionRefused, Refused, SettingsError
from schemas.issuers import CLOCKS, FRESH, Asserted, Issuer, Issuers

MAX_TOKEN: Final = 8192
_MAX_JTI: Final = 255
_SYMMETRIC: Final = "oct"


class Assertions:
    """Checks tokens of the configured issuers."""

    def __init__(self, issuers: Sequence[tuple[Issuer, KeySet]]) -> None:
        self._issuers = {issuer.issuer: (issuer, keys) for issuer, keys in issuers}

    @classmethod
    def open(cls, file: Path | None, subject_types: Sequence[str]) -> Self:
        """Those of the file, each about a subject type of the data map; none without a file."""
        if file is None:
            return cls([])
        try:
            listed = parse(Issuers, file.read_bytes()).issuers
        except OSError:
            raise SettingsError(f"DSR_ISSUERS: {file} cannot be read") from None
        except Refused as refused:
            raise SettingsError(f"DSR_ISSUERS: {file} is not usable: {refused}") from None
        if len({issuer.issuer for issuer in listed}) != len(listed):
            raise SettingsError(f"DSR_ISSUERS: {file} names an issuer twice")
        for issuer in listed:
            if issuer.subject_type not in subject_types:
                raise SettingsError(
                    f"DSR_ISSUERS: {file}: {issuer.subject_type} is no subject type"
                )
        return cls([(issuer, _keys(issuer, file)) for issuer in listed])

    def verify(self, token: str, now: datetime) -> Asserted:
        """What the token says; `AssertionRefused` with the reason as a code."""
        issuer, keys = self._issuer(token)
        claims = _signed_claims(token, issuer, keys)
        _check_times(claims, now)
        if claims.get("iss") != issuer.issuer:
            raise AssertionRefused("issuer_unknown")
        audience = claims.get("aud")
        if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
            raise AssertionRefused("audience_wrong")
        jti = _text(claims, "jti")
        if len(jti) > _MAX_JTI:
            raise AssertionRefused("jti_missing")
        return Asserted(
            issuer=issuer.issuer,
            jti=jti,
            subject_type=issuer.subject_type,
            subject_is=issuer.subject_is,
            subject=_subject(claims, issuer.subject_claim),
            digest=_text(claims, "submission_digest"),
        )

    def _issuer(self, token: str) -> tuple[Issuer, KeySet]:
        """Whom to ask for the key; believed only once the signature is right."""
        if len(token) > MAX_TOKEN or token.count(".") != 2:
            raise AssertionRefused("not_a_token")
        try:
            claims = json_b64decode(token.split(".")[1].encode())
        except (ValueError, RecursionError):
            raise AssertionRefused("not_a_token") from None
        name = claims.get("iss") if isinstance(claims, dict) else None
        if not isinstance(name, str) or name not in self._issuers:
            raise AssertionRefused("issuer_unknown")
        return self._issuers[name]


def _signed_claims(token: str, issuer: Issuer, keys: KeySet) -> Mapping[str, Any]:
    registry = jws.JWSRegistry(algorithms=sorted(issuer.algorithms), strict_check_header=False)
    try:
        signed = jws.deserialize_compact(token.encode(), keys, registry=registry)
        claims = json.loads(signed.payload, object_pairs_hook=_unique)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise AssertionRefused("signature_wrong") from None
    if not isinstance(claims, dict):
        raise AssertionRefused("not_a_token")
    return claims


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of one token must not see two different claims."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a claim stands twice")
    return made


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    at, ahead = now.timestamp(), CLOCKS.total_seconds()
    if _number(claims, "exp") <= at:
        raise AssertionRefused("expired")
    for name in ("iat", "nbf"):
        if name in claims and _number(claims, name) > at + ahead:
            raise AssertionRefused("not_yet_valid")
    signed_in = _number(claims, "auth_time")
    if not at - FRESH.total_seconds() <= signed_in <= at + ahead:
        raise AssertionRefused("auth_time_stale")


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        raise AssertionRefused(f"{name}_missing")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise AssertionRefused(f"{name}_missing")
    return value


def _subject(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise AssertionRefused("subject_missing")
    return value


def _keys(issuer: Issuer, file: Path) -> KeySet:
    """Its public keys; a private or shared one has no business in this file."""
    value = issuer.keys
    try:
        if issuer.keys_file is not None:
            value = json.loads((file.parent / issuer.keys_file).read_bytes())
        keys = KeySet.import_key_set(value)  # type: ignore[arg-type]
    except OSError:
        raise SettingsError(
            f"DSR_ISSUERS: the keys of {issuer.issuer} cannot be read: {issuer.keys_file}"
        ) from None
    except (JoseError, ValidationError, ValueError, TypeError, KeyError, RecursionError):
        raise SettingsError(
            f"DSR_ISSUERS: the keys of {issuer.issuer} are not a JWK set of public keys"
        ) from None
    if any(key.key_type == _SYMMETRIC or key.is_private for key in keys):
        raise SettingsError(f"DSR_ISSUERS: {issuer.issuer} must have public keys only")
    return keys
