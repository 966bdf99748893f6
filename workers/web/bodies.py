"""What is sent to us, read within bounds: refused by its head where that is possible, else early.

A body that is too large is never parsed, one that is packed never unpacked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

Typed = ImmutableMultiDict[str, str]

LARGEST: Final = 128 * 1024
"""Bytes of a form of ours, with everything that a person can type into it."""
MOST_INPUTS: Final = 400
PATIENCE: Final = 10.0
"""Seconds that a body may take to arrive."""


async def read_form(
    request: Request, largest: int = LARGEST, repeats: Collection[str] = ()
) -> Typed:
    """What was typed. `HTTPException` where it is no form (415), too large (413), slow, garbled.

    An input that comes twice is garbled, but for those that `repeats` names: no page sends one so,
    and whoever reads it after us might take the other.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(415)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in {"", "application/x-www-form-urlencoded"}:
        raise HTTPException(415)
    body = await read_body(request, largest)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_INPUTS,
        )
    except ValueError:
        raise HTTPException(400) from None
    once = [name for name, _ in pairs if name not in repeats]
    if len(set(once)) != len(once):
        raise HTTPException(400)
    return ImmutableMultiDict(pairs)


async def read_body(request: Request, largest: int) -> bytes:
    """Take the body as it came. `HTTPException` where it is too large (413) or slow (408).

    That it is too large is noticed before it has all arrived.
    """
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > largest:
        raise HTTPException(413)
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    return bytes(body)
