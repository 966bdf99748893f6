"""A small OpenID Connect provider with keys of its own, which also lies as it is told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workers.web import serve

CLIENT, SECRET = "dsr-desk", "s3cret & more"
Claims = dict[str, Any]


@cache
def rsa_key(kid: str) -> RSAKey:
    """Made once in a run: that takes longer than a whole sign-in."""
    return RSAKey.generate_key(2048, {"kid": kid})


def other(**claims: object) -> Callable[[Claims], Claims]:
    """The same token, with these claims instead."""
    return lambda honest: {**honest, **claims}


@dataclass
class IdentityProvider:
    """Its address, its keys, and who is signed in there."""

    issuer: str = ""
    person: Claims = field(default_factory=lambda: {"sub": "u-17"})
    rsa: RSAKey = field(default_factory=lambda: rsa_key("r1"))
    ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "e1"}))
    shared: OctKey = field(default_factory=lambda: OctKey.generate_key(256, {"kid": "o1"}))
    alter: Callable[[Claims], Claims] = dict
    """What becomes of the claims of an ID token before it is signed."""
    sign: Callable[[IdentityProvider, Claims], str] | None = None
    """How it is signed, where not as it should be."""
    forgetful: bool = False
    """Whether a code may be used again, as with a provider that has a fault."""
    down: bool = False
    described: Claims = field(default_factory=dict)
    """What its discovery document says otherwise."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    redeemed: list[dict[str, str]] = field(default_factory=list)
    keys_asked: int = 0

    def visited(self, address: str) -> dict[str, str]:
        """Somebody was sent here and signed in; what is sent back with the browser."""
        split = urlsplit(address)
        assert f"{split.scheme}://{split.netloc}{split.path}" == f"{self.issuer}/authorize"
        asked = dict(parse_qsl(split.query))
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def jws(self, claims: Claims, alg: str = "RS256", **header: Any) -> str:
        """Signed by a key of ours."""
        key = self.ec if alg == "ES256" else self.rsa
        protected = {"alg": alg, "kid": key.kid, **header}
        return jws.serialize_compact(protected, json.dumps(claims).encode(), key)

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [
            Route("/.well-known/openid-configuration", self._document),
            Route("/keys", self._keys),
            Route("/token", self._token, methods=["POST"]),
        ]

    async def _document(self, _: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        said = {name: f"{self.issuer}/{place}" for name, place in places.items()}
        return JSONResponse(
            {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **said, **self.described}
        )

    async def _keys(self, _: Request) -> Response:
        self.keys_asked += 1
        public = [key.as_dict(private=False) for key in (self.rsa, self.ec)]
        return JSONResponse({"keys": [self.shared.as_dict(private=True), *public]})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        basic = base64.b64encode(b"dsr-desk:s3cret+%26+more").decode()
        asked = self.codes.get(form["code"])
        if not self.forgetful:
            self.codes.pop(form["code"], None)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        proven = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        if (
            request.headers.get("authorization") != f"Basic {basic}"
            or asked is None
            or asked["code_challenge"] != proven
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.redeemed.append(form)
        now = int(time.time())
        claims = self.alter(
            {
                "iss": self.issuer,
                "aud": CLIENT,
                "exp": now + 300,
                "iat": now,
                "nonce": asked["nonce"],
                **self.person,
            }
        )
        token = self.sign(self, claims) if self.sign else self.jws(claims)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def open_provider() -> AsyncIterator[IdentityProvider]:
    """It listens on a port of its own."""
    provider, stop = IdentityProvider(), asyncio.Event()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = Starlette(routes=provider.routes())
    serving = asyncio.create_task(serve(app, "127.0.0.1", 0, stop, listening=port.set_result))
    provider.issuer = f"http://127.0.0.1:{await port}"
    try:
        yield provider
    finally:
        stop.set()
        await serving
