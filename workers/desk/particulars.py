"""What the desk sees of a request: facts without personal data, and particulars, masked or not."""

from __future__ import annotations

from typing import Any

from schemas.masking import masked
from schemas.request import RequestRecord
from schemas.review import Purpose, Reveal
from workers import wiring
from workers.desk.decisions import Desk, found


def waits_for(record: RequestRecord) -> str:
    """What a request in review waits for."""
    review = record.review
    if review and review.pause:
        return "the requester"
    if record.is_open("approved"):
        return "its time"
    if review and review.approvals:
        return "a second approval"
    return "a decision"


def facts(record: RequestRecord) -> dict[str, Any]:
    """What the list of a desk shows; no personal data."""
    review = record.review
    return {
        "tracking": record.tracking,
        "kind": record.kind,
        "status": record.status,
        "fields": record.fields,
        "why": review.why if review else (),
        "proven": record.proof is not None,
        "received_at": record.received_at,
        "deadline": record.deadline,
        "waits_for": waits_for(record),
        "approved_by": [one.by for one in review.approvals] if review else [],
        "evidence": [one.model_dump(mode="json") for one in review.exhibits] if review else [],
    }


async def show_masked(parts: wiring.Parts, tracking: str) -> dict[str, Any]:
    """The particulars: that something is there, not what."""
    return masked(await _opened(parts, await found(parts, tracking)))  # type: ignore[no-any-return]


async def reveal(desk: Desk, tracking: str, purpose: Purpose) -> dict[str, Any]:
    """The particulars in clear; that they were looked at, and what for, is recorded first."""
    return await _opened(desk.parts, await desk.decide(tracking, Reveal(purpose)))


async def _opened(parts: wiring.Parts, record: RequestRecord) -> dict[str, Any]:
    opened = await parts.house.tools.sealer.open(record)
    return opened.model_dump(mode="json", by_alias=True, exclude_none=True)
