"""What a person handed in: kept sealed until it is decided, looked at on record."""

from __future__ import annotations

from uuid import uuid4

from schemas.errors import DsrError
from schemas.review import AddExhibit, Purpose, Reveal
from workers.desk.decisions import Desk

LARGEST = 8 * 1024 * 1024
"""Bytes of a file that can be attached."""


async def attach(desk: Desk, tracking: str, name: str, content: bytes) -> str:
    """Keep a file; the id of the evidence that it is."""
    exhibit = str(uuid4())
    record = await desk.found(tracking)
    await desk.parts.exhibits.keep(record.id, exhibit, name, content)
    try:
        await desk.decide(tracking, AddExhibit(exhibit, size=len(content)))
    except DsrError:
        await desk.parts.exhibits.drop(exhibit)
        raise
    return exhibit


async def describe(desk: Desk, tracking: str, seen: str) -> str:
    """Write down what somebody was shown, of which no copy is kept."""
    exhibit = str(uuid4())
    await desk.decide(tracking, AddExhibit(exhibit, seen=seen))
    return exhibit


async def look_at(desk: Desk, tracking: str, exhibit: str, purpose: Purpose) -> tuple[str, bytes]:
    """The name and content of a file that was attached; that it is looked at is recorded first."""
    record = await desk.decide(tracking, Reveal(purpose))
    return await desk.parts.exhibits.read(record.id, exhibit)
