"""Reads the stores and asks the invariants of each document, in flat memory."""

from __future__ import annotations

from collections import defaultdict

from schemas.audit_log import Checkpoint
from schemas.invariants import COUNTS, Offence, Slot, of_request, of_restriction, of_standing
from workers.wiring import Parts


async def verify_stores(parts: Parts, kept: Checkpoint | None = None) -> tuple[int, list[Offence]]:
    """How many requests were checked, and the offences that a second look finds as well.

    `kept` is a checkpoint of the log that somebody put away elsewhere.

    The stores are read one after the other while workers may be at work: a request that moves on
    between two reads looks like an offence, once.
    """
    checked, offences = await _look(parts, kept)
    if offences:
        checked, still = await _look(parts, kept)
        offences = [offence for offence in offences if offence in still]
    return checked, offences


async def _look(parts: Parts, kept: Checkpoint | None) -> tuple[int, list[Offence]]:
    slots: dict[str, list[Slot]] = defaultdict(list)
    restricting: set[str] = set()
    offences: list[Offence] = []
    async for control in parts.subject_data.controls():
        for slot in control.slots:
            slots[slot.request].append(slot)
        restricting |= set(control.restricting)
        if control.seq != sum(COUNTS.get(slot.kind, 0) for slot in control.slots):
            first = control.slots[0].request if control.slots else "-"
            offences.append(Offence("I2", first, "its subject counts other changes than slots"))
    checked = 0
    erased = await parts.markers.done()
    now = parts.requests.now()
    async for record in parts.requests.all_records():
        checked += 1
        own = slots.pop(record.id, [])
        offences += of_request(record, own, now, erased)
        if record.id in restricting:
            restricting.discard(record.id)
            offences += of_restriction(record.id, record)
        else:
            offences += of_standing(record, own, erased)
    for request in restricting:
        offences += of_restriction(request, None)
    offences += [Offence("I2", request, "has a slot, but does not exist") for request in slots]
    if overdue := await parts.parked.overdue():
        offences.append(Offence("I14", "-", f"{overdue} parked messages wait for too long"))
    offences += [offence async for offence in parts.log_check.offences(now, kept)]
    return checked, offences
