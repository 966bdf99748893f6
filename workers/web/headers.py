"""The headers that every answer carries."""

from __future__ import annotations

import base64
import hashlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; style-src {style}; form-action {form}; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# The ticks and arrows of Pico CSS are pictures inside its own file.
_OURS = _POLICY.format(style="'self'", form="'self'") + "; img-src 'self' data:"
_ALWAYS = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # The address of a page holds a token: it must not travel on in a Referer.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
_YEAR = 31_536_000
# As they are sent: these go with every answer.
_CSP = b"content-security-policy"
_OUR_POLICY = (_CSP, _OURS.encode())
_KEPT = (b"cache-control", b"public, max-age=3600")
_NOT_KEPT = (b"cache-control", b"no-store")


def policy_for(style: str) -> dict[str, str]:
    """The policy of a page that brings this one style with it, and has no form."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    bare = _POLICY.format(style=f"'sha256-{digest}'", form="'none'")
    return {"content-security-policy": bare}


class SecurityHeaders:
    """No scripts, no frames, no referrer, nothing kept in caches but what is static.

    An answer may bring a policy of its own (`policy_for`); every other header is ours.
    """

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self._app = app
        headers = dict(_ALWAYS)
        if public_url.startswith("https://"):
            headers["strict-transport-security"] = f"max-age={_YEAR}"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._names = {*(name for name, _ in self._headers), _KEPT[0]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Part of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cached = _KEPT if scope["path"].startswith("/static/") else _NOT_KEPT

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message["headers"] if pair[0] not in self._names]
                policy = () if any(pair[0] == _CSP for pair in others) else (_OUR_POLICY,)
                message["headers"] = [*others, *self._headers, *policy, cached]
            await send(message)

        await self._app(scope, receive, with_headers)
