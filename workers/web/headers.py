"""The headers that every answer carries."""

from __future__ import annotations

import base64
import hashlib

from starlette.datastructures import MutableHeaders
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
        self._headers = dict(_ALWAYS)
        if public_url.startswith("https://"):
            self._headers["strict-transport-security"] = f"max-age={_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Part of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kept = scope["path"].startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("content-security-policy", _OURS)
                headers["cache-control"] = "public, max-age=3600" if kept else "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)
