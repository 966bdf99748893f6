"""Reads what a form sent, never more than it may hold, and never by way of a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

SMALL: Final = 64 * 1024
"""Bytes of a form without a file."""
WITH_FILE: Final = 9 * 1024 * 1024
"""Bytes of a form with the largest file that can be attached."""
PATIENCE: Final = 60.0
"""Seconds that it may take to arrive."""
_MOST_FIELDS: Final = 200


class _InMemory(MultiPartParser):
    """What was handed in lies nowhere in clear, not even for a moment on a disk."""

    spool_max_size = WITH_FILE


async def read_form(request: Request, most: int) -> FormData | None:
    """The form; None where it is too slow, or none. `HTTPException` where it is too large (413)."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            parser = _InMemory(request.headers, _once(body), max_files=1, max_fields=_MOST_FIELDS)
            return await parser.parse()
        if kind == "application/x-www-form-urlencoded":
            return await FormParser(request.headers, _once(body)).parse()
    except (MultiPartException, UnicodeError, KeyError):
        return None
    return None


async def _once(body: bytearray) -> AsyncGenerator[bytes, None]:
    yield bytes(body)
    yield b""
