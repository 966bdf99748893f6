"""Signing in by the company's own login (OpenID Connect), as it replaces password and TOTP.

Authorization code with PKCE. What is kept between the way out and the way back (state, nonce,
verifier, the end) stays with the browser, sealed; the caller sees to it that it is used once. Of
the ID token:

1. Signature: by a key of the provider, with an algorithm of the list; never `none`, never a
   shared secret.
2. Who and for whom: `iss`, `aud`, `azp`; our `nonce`, so it answers this very visit.
3. Time: `exp`, `iat`, `nbf`, by the database's clock; at most a minute off.
4. The claim that accounts are linked by. `email` counts only where the provider says that it has
   verified it.

Authlib's parts that do no I/O are used: requests, PKCE, the rules of an ID token. Its starlette
client would bring a second session in a cookie, and httpx, which calls whatever it is told to.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import json_b64decode

from workers.adapters.staff.accounts import Login
from workers.adapters.staff.provider import Client, Provider, SignInRefused

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
ON_THE_WAY: Final = timedelta(minutes=10)
"""How long somebody may take at the provider."""
CLOCKS: Final = 60
"""Seconds by which the provider's clock may differ from ours."""
MAX_TOKEN: Final = 32 * 1024
_LONGEST: Final = 255
_SCOPES: Final = {"sub": "openid"}
_MORE: Final = "openid profile email"


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Somebody who is at the provider just now; for the browser to keep, sealed."""

    state: str
    nonce: str
    verifier: str
    ends_at: float

    def kept(self) -> bytes:
        """As it is sealed."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, kept: bytes) -> Self:
        """What we sealed ourselves."""
        return cls(**json.loads(kept))


class SingleSignOn:
    """Sends people to the provider, and learns from it who came back."""

    def __init__(self, client: Client, claim: str, redirect_uri: str) -> None:
        self._client = client
        self._claim = claim
        self._redirect_uri = redirect_uri
        self._provider = Provider(client)

    def close(self) -> None:
        """Drop the kept connections."""
        self._provider.close()

    def login(self, value: str) -> Login:
        """How an account is linked to somebody at the provider."""
        return Login(self._client.issuer, self._claim, _folded(self._claim, value))

    async def begin(self, now: datetime) -> tuple[str, OnTheWay]:
        """Where the browser goes, and what it keeps meanwhile."""
        place = await self._provider.authorization()
        way = OnTheWay(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            ends_at=(now + ON_THE_WAY).timestamp(),
        )
        target = prepare_grant_uri(
            place,
            self._client.id,
            "code",
            redirect_uri=self._redirect_uri,
            scope=_SCOPES.get(self._claim, _MORE),
            state=way.state,
            nonce=way.nonce,
            code_challenge=create_s256_code_challenge(way.verifier),
            code_challenge_method="S256",
        )
        return str(target), way

    async def finish(self, way: OnTheWay, said: Mapping[str, str], now: datetime) -> Login:
        """Who came back with this; `SignInRefused` where nobody did."""
        if not hmac.compare_digest(said.get("state", "").encode(), way.state.encode()):
            raise SignInRefused("state_wrong")
        if way.ends_at <= now.timestamp():
            raise SignInRefused("too_late")
        if said.get("iss", self._client.issuer) != self._client.issuer:
            raise SignInRefused("issuer_wrong")
        if "error" in said or not said.get("code"):
            raise SignInRefused("provider_said_no")
        given = await self._provider.redeem(said["code"], way.verifier, self._redirect_uri)
        claims = await self._claims(given, way.nonce, now)
        return self.login(self._value(claims))

    async def _claims(
        self, given: Mapping[str, Any], nonce: str, now: datetime
    ) -> Mapping[str, Any]:
        token = given.get("id_token")
        if not isinstance(token, str) or len(token) > MAX_TOKEN or token.count(".") != 2:
            raise SignInRefused("token_missing")
        keys = await self._provider.keys(_kid(token))
        registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            signed = jws.deserialize_compact(token.encode(), keys, registry=registry)
            found = json.loads(signed.payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise SignInRefused("signature_wrong") from None
        if not isinstance(found, dict):
            raise SignInRefused("token_missing")
        claims = CodeIDToken(
            found,
            signed.headers(),
            options={
                "iss": {"essential": True, "value": self._client.issuer},
                "aud": {"essential": True, "value": self._client.id},
            },
            params={
                "nonce": nonce,
                "client_id": self._client.id,
                "access_token": given.get("access_token"),
            },
        )
        try:
            claims.validate(now=int(now.timestamp()), leeway=CLOCKS)
        except JoseError as error:
            raise SignInRefused(f"token_{getattr(error, 'error', 'wrong')}") from None
        except (ValueError, TypeError, KeyError):
            raise SignInRefused("token_wrong") from None
        return found

    def _value(self, claims: Mapping[str, Any]) -> str:
        value = claims.get(self._claim)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
            raise SignInRefused("claim_missing")
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise SignInRefused("email_unverified")
        return value


def _folded(claim: str, value: str) -> str:
    """Addresses are compared without their letter case, every other claim as it is."""
    return value.strip().lower() if claim == "email" else value


def _kid(token: str) -> str | None:
    """Of which key the token says that it is; believed only once the signature is right."""
    try:
        header = json_b64decode(token.partition(".")[0].encode())
    except (ValueError, RecursionError):
        raise SignInRefused("token_missing") from None
    kid = header.get("kid") if isinstance(header, dict) else None
    return kid if isinstance(kid, str) else None
