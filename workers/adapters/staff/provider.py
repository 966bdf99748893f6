"""An OpenID Connect provider, as its discovery document describes it: called, and never trusted.

The document and the keys are kept for an hour; keys also come anew, once a minute at most, when a
token names one that is not among them. Only the issuer is configured. Whatever its document names
is called by the same rules: https (but for a provider on this very machine, for trials), no
redirects, small answers, one deadline. A provider may live on a private network.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from schemas.errors import NotAllowed, PutOff, SettingsError, Unreachable
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint

SECONDS: Final = 10.0
"""For each call."""
KEPT: Final = 3600.0
AGAIN: Final = 60.0
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_HERE: Final = ("127.0.0.1", "localhost", "::1")


class SignInRefused(NotAllowed):
    """Nobody is signed in; `reason` is a code for the log, which the visitor is not told."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the provider's answer signs nobody in ({reason})")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider. Without a secret: a public client, by PKCE alone."""

    issuer: str
    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Described:
    """What we use of the discovery document."""

    authorization: str
    token: str
    keys: str
    basic: bool
    until: float


class Provider:
    """One provider; it is first asked when somebody signs in."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._described: _Described | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._endpoints: dict[str, Endpoint] = {}
        self._lock = asyncio.Lock()
        _usable(client.issuer, "DSR_OIDC_ISSUER", client.issuer)

    def close(self) -> None:
        """Drop the kept connections."""
        for endpoint in self._endpoints.values():
            endpoint.close()

    async def authorization(self) -> str:
        """The address that a browser is sent to."""
        return (await self._document()).authorization

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """What the provider gives for a code; `SignInRefused` where it gives nothing."""
        document = await self._document()
        headers, more = dict(_FORM), {"client_id": self._client.id}
        if self._client.secret and document.basic:
            pair = f"{quote_plus(self._client.id)}:{quote_plus(self._client.secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif self._client.secret:
            more["client_secret"] = self._client.secret
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
            **more,
        )
        answer = await self._called(document.token, body.encode(), headers)
        if answer.status != 200:
            raise SignInRefused("code_refused")
        return _object(answer)

    async def keys(self, kid: str | None) -> KeySet:
        """Its public keys, looked up again where none has this id."""
        document, now = await self._document(), asyncio.get_running_loop().time()
        async with self._lock:
            age = now - self._keys_at
            known = self._keys is not None and any(key.kid == kid for key in self._keys)
            if self._keys is None or age > KEPT or (not known and age > AGAIN):
                self._keys = _public(_object(await self._called(document.keys)))
                self._keys_at = now
            return self._keys

    async def _document(self) -> _Described:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._described is None or self._described.until < now:
                issuer = self._client.issuer
                answer = await self._called(get_well_known_url(issuer, external=True))
                self._described = _described(_object(answer), issuer, now + KEPT)
            return self._described

    async def _called(
        self, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        endpoint = self._endpoints.setdefault(url, Endpoint(url, allow_private=True))
        try:
            if body is None:
                answer = await endpoint.get(SECONDS)
            else:
                answer = await endpoint.post(body, headers or {}, SECONDS)
        except PutOff as error:
            raise Unreachable("the OpenID Connect provider does not answer") from error
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable("the OpenID Connect provider does not answer")
        return answer


def _object(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body or b"")
    except (ValueError, RecursionError):
        found = None
    if answer.status != 200 or not isinstance(found, dict):
        raise Unreachable("the OpenID Connect provider answers something else than JSON")
    return found


def _described(found: dict[str, Any], issuer: str, until: float) -> _Described:
    if found.get("issuer") != issuer:
        # Exactly: a document that speaks for another issuer is an attack, or a wrong setting.
        raise SettingsError("DSR_OIDC_ISSUER is not the issuer that its discovery document names")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorization, token, keys = (_usable(found.get(name), name, issuer) for name in names)
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return _Described(authorization, token, keys, "client_secret_basic" in methods, until)


def _usable(url: object, name: str, issuer: str) -> str:
    """An address over https; over http only on this machine, and only if the issuer is there."""
    split = urlsplit(url) if isinstance(url, str) else urlsplit("")
    here = split.scheme == "http" and split.hostname in _HERE
    if not split.hostname or not (
        split.scheme == "https" or (here and urlsplit(issuer).hostname in _HERE)
    ):
        raise SettingsError(f"{name} of the OpenID Connect provider is no https:// address")
    return quote(split.geturl(), safe="%/:?#[]@!$&'()*+,;=~")


def _public(found: dict[str, Any]) -> KeySet:
    """Its keys for signatures that we understand; never one that we could sign with ourselves."""
    usable = []
    for one in found.get("keys") or []:
        try:
            usable += [
                key
                for key in KeySet.import_key_set({"keys": [one]})
                if key.key_type != "oct" and not key.is_private
            ]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return KeySet(usable)
