"""PINs for the status page, of whoever asked by phone or letter and gave no e-mail address.

A PIN is told once, by whoever has it on the line or answers the letter. It follows from the request
and its number, so nothing of it is stored.
"""

from __future__ import annotations

from schemas.bindings import pinned_by
from schemas.messages import GivePin
from workers import tasks, wiring


async def give(parts: wiring.Parts, tracking: str, by: str) -> str | None:
    """A new PIN, eight digits, on record before it is told; None where a code goes by mail."""
    code = tasks.spelled(tracking)
    if not await tasks.report(parts, GivePin(code, by)):
        return None
    request = (await parts.requests.load_by_tracking([code]))[code]
    assert request.pin is not None, "it was given just now"
    return parts.tokens.code(request.id, request.pin.number, pinned_by(request))
