"""Every broken invariant that the stores in memory show, by the house's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from schemas.invariants import Erased, Offence, Slot, of_request, of_restriction, of_standing
from schemas.request import RequestRecord
from tests.fakes.subjects import MemorySubjects
from workers.pipeline import STATIONS


def offences(
    requests: Mapping[str, RequestRecord], subjects: MemorySubjects, now: datetime
) -> list[str]:
    """Each as its invariant and what is wrong."""
    found: list[Offence] = []
    controls = subjects.controls.values()
    gone = {f"p-{key}" for key in subjects.controls.keys() - subjects.records.keys()}
    erased = Erased(frozenset(subjects.erased), frozenset(gone))
    restricting = {
        by for control in controls for restricts in control.restricted.values() for by in restricts
    }
    for request_id, request in requests.items():
        slots = [
            Slot(request_id, control.kinds[request_id], dict(slot.places or {}))
            for control in controls
            if (slot := control.slots.get(request_id))
        ]
        found += of_request(request, slots, now, erased)
        found += unnamed(request)
        if request_id not in restricting:
            found += of_standing(request, slots, erased)
    for request_id in restricting:
        found += of_restriction(request_id, requests[request_id])
    return [f"{offence.invariant} {offence.what}" for offence in found]


def unnamed(request: RequestRecord) -> Iterator[Offence]:
    """Entries that do not say who did it: a stage, something without a queue, or of where."""
    for entry in request.history:
        machine = entry.by in STATIONS or entry.by in {"mailbox", "retention", "restore"}
        if not machine and not entry.by.startswith(("desk:", "recipient:")):
            yield Offence("by", request.id, f"{entry.what} by {entry.by}")
