"""What the control documents show: for the audit, one after the other, in flat memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from schemas.invariants import Slot
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.control import COLLECTION


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """One subject's control document, without the subject."""

    seq: int
    slots: tuple[Slot, ...]
    restricting: frozenset[str]
    """Requests that restrict a field right now."""


async def controls(db: Database) -> AsyncIterator[ControlRecord]:
    """Every control document."""
    wanted = {"_id": 0, "seq": 1, "slots": 1, "restricted": 1}
    with reaching("The company's database"):
        async for found in db[COLLECTION].find({}, wanted, batch_size=500):
            yield ControlRecord(
                seq=found.get("seq", 0),
                slots=tuple(
                    Slot(request, slot["kind"], dict(slot.get("places", {})))
                    for request, slot in found.get("slots", {}).items()
                ),
                restricting=frozenset(
                    request for by in found.get("restricted", {}).values() for request in by
                ),
            )
