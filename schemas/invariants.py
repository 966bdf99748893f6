"""What must hold, as far as the stores can show it: pure checks over documents.

Each returns the offences it finds; `dsr audit verify` prints them, every fault test asks for them.
The names are those of the list of invariants in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from schemas.lifecycle import TRANSITIONS, Status
from schemas.notice import NoticeStatus
from schemas.request import BY_RULE, RequestRecord

LATE = timedelta(minutes=5)
"""How long past its due time a step may be before nobody seems to look after it."""

UNSENT = timedelta(minutes=1)
"""How old a message may be in an outbox; the relay looks after a few seconds."""

APPLIED = frozenset({Status.APPLIED, Status.COMPLETED})


COUNTS: Mapping[str, int] = {"correct": 1, "object": 1, "suspend": 1, "lapsed": 1, "resume": 2}
"""By how much a slot of that kind has moved its subject's sequence: what is lifted moved it twice.

A suspension whose fields were all deleted has lapsed.
"""

CHANGED: Mapping[str, str] = {"correction": "correct", "objection": "object"}
"""Per kind of request that changes the company's data, the kind of its slot."""


@dataclass(frozen=True, slots=True)
class Offence:
    """An invariant that does not hold: which one, for which request, and what is wrong."""

    invariant: str
    request: str
    what: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A request's claim in a subject's control document."""

    request: str
    kind: str
    places: dict[str, int]


@dataclass(frozen=True, slots=True)
class Erased:
    """What the markers in the company's database say of deletions that are done."""

    requests: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    """Pseudonyms of those deleted whole: their control documents, and slots, are gone."""


NOBODY = Erased()


def of_request(
    record: RequestRecord, slots: list[Slot], now: datetime, erased: Erased = NOBODY
) -> Iterator[Offence]:
    """The offences of one request; `slots` are those that name it, in any control document."""
    for invariant, what in (
        *_nothing_lost(record, now),
        *_applied_once(record, slots, erased),
        *_suspended_once(record, slots, erased),
        *_certified(record, erased),
        *_collected(record, slots, erased),
        *_no_ghosts(record, now),
        *_in_time(record, now),
        *_verified_first(record),
        *_notices(record),
        *_history(record),
    ):
        yield Offence(invariant, record.id, what)


def of_restriction(request: str, record: RequestRecord | None) -> Iterator[Offence]:
    """The offences of one request that a control document lists as restricting a field."""
    if record is None:
        yield Offence("I5", request, "restricts, but does not exist")
    elif record.kind == "restriction" and record.status in APPLIED:
        if record.lifting is not None:
            yield Offence("I5", request, "still restricts, though lifted")
    elif record.status in APPLIED or (record.status.final and not record.is_open("release")):
        yield Offence("I5", request, f"still restricts, though {record.status}")


def of_standing(record: RequestRecord, slots: list[Slot], erased: Erased) -> Iterator[Offence]:
    """The offences of a request that restricts nothing, where it may have to until it is lifted."""
    if record.kind != "restriction" or record.status not in APPLIED or record.lifting is not None:
        return
    # A deletion supersedes it: of the person nothing is left, or of the fields; or it was lifted
    # just now, and only the request does not say so yet.
    over = any(slot.kind in {"lapsed", "resume"} for slot in slots)
    if record.subject not in erased.subjects and not over:
        yield Offence("I5", record.id, f"restricts nothing, though {record.status} and not lifted")


def _nothing_lost(record: RequestRecord, now: datetime) -> Iterator[tuple[str, str]]:
    if record.status.final and not record.steps:
        return
    if record.next_due is None:
        yield "I1", "not final and nothing is due"
    elif record.next_due < now - LATE:
        yield "I1", "its due time is long past"


def _applied_once(
    record: RequestRecord, slots: list[Slot], erased: Erased
) -> Iterator[tuple[str, str]]:
    corrected = [slot for slot in slots if slot.kind in CHANGED.values()]
    if len(slots) > 1:
        yield "I2", "claimed more than one slot"
    if record.status in APPLIED and record.kind in CHANGED:
        if any(slot.kind != CHANGED[record.kind] for slot in corrected):
            yield "I2", f"its slot is not that of {record.kind}"
        if not corrected and record.subject not in erased.subjects:
            yield "I2", "applied, but no control document has its slot"
        for slot in corrected:
            told = {name: result.places for name, result in record.results.items()}
            if slot.places and any(told.get(f) != n for f, n in slot.places.items()):
                yield "I2", "its slot counts other places than the request tells"
    elif corrected and record.status is not Status.VERIFIED:
        yield "I2", f"its slot says corrected, the request {record.status}"


def _suspended_once(
    record: RequestRecord, slots: list[Slot], erased: Erased
) -> Iterator[tuple[str, str]]:
    kinds = {slot.kind for slot in slots}
    if record.kind != "restriction":
        if kinds & {"suspend", "lapsed", "resume"}:
            yield "I2", f"its slot says suspended, but it is {record.kind}"
    elif record.status in APPLIED:
        if not kinds & {"suspend", "lapsed", "resume"} and record.subject not in erased.subjects:
            yield "I2", "applied, but no control document has its slot"
        if record.lifting is not None and "suspend" in kinds:
            yield "I5", "lifted, but its slot says suspended"


def _certified(record: RequestRecord, erased: Erased) -> Iterator[tuple[str, str]]:
    if record.kind != "deletion" or record.status not in APPLIED:
        return
    if record.certificate is None:
        yield "I11", "deleted, but nothing certifies it"
    if record.erasure and record.erasure.summary.findings:
        yield "I11", "deleted, though something was left over"
    if record.id not in erased.requests and record.subject not in erased.subjects:
        yield "I11", "deleted, but the company's database has no marker of it"


def _collected(
    record: RequestRecord, slots: list[Slot], erased: Erased
) -> Iterator[tuple[str, str]]:
    if record.kind != "access":
        return
    if record.status in APPLIED and record.subject not in erased.subjects:
        if not any(slot.kind == "collect" for slot in slots):
            yield "I2", "collected, but no control document has its slot"
    elif any(slot.kind == "collect" for slot in slots) and record.status is not Status.VERIFIED:
        yield "I2", f"its slot says collected, the request {record.status}"


def _no_ghosts(record: RequestRecord, now: datetime) -> Iterator[tuple[str, str]]:
    if any(out.at < now - UNSENT for out in record.outbox):
        yield "I3", "a message in its outbox was never sent"


def _in_time(record: RequestRecord, now: datetime) -> Iterator[tuple[str, str]]:
    # A deletion is looked after when it is long final: only the first entry of that status counts.
    ended = (entry.at for entry in record.history if entry.status.final)
    final_at = next(ended, now)
    alarmed = any(entry.what == "alarm" for entry in record.history)
    # While the desk waits for the requester's answer the clock stands still.
    pause = record.review.pause if record.review else None
    waited = final_at - pause.at if pause else timedelta(0)
    if final_at > record.deadline + waited and not alarmed:
        yield "I4", "late, and nobody was told"


def _verified_first(record: RequestRecord) -> Iterator[tuple[str, str]]:
    if record.status not in APPLIED or record.kind == "inquiry":
        return
    if record.proof is None:
        yield "I6", "applied without a proof"
    elif (record.proof.route == BY_RULE) != (record.rule is not None):
        yield "I6", "a rule of the map is a proof where nobody asked, and only there"
    elif record.proof.digest != record.digest:
        yield "I6", "the proof was given for other content"
    elif record.applied_at is not None and record.proof.at > record.applied_at:
        yield "I6", "applied before it was proven"
    elif record.begins_at and record.applied_at and record.applied_at < record.begins_at:
        yield "I6", "begun before the time to stop it was over"
    if record.seconded is not None and record.seconded.digest != record.digest:
        yield "I6", "a second contact said yes to other content"


def _notices(record: RequestRecord) -> Iterator[tuple[str, str]]:
    if record.status is not Status.COMPLETED:
        return
    for name, notice in record.notices.items():
        # That a restriction was lifted is told long after its request was completed.
        lifting = record.lifting is not None and record.next_due is not None
        if not notice.status.settled and not lifting:
            yield "I9", f"completed, though {name} is {notice.status}"
        if notice.status is NoticeStatus.APPLIED and not notice.marks:
            yield "I9", f"{name} has applied what was never sent"


def _history(record: RequestRecord) -> Iterator[tuple[str, str]]:
    versions = [entry.version for entry in record.history]
    if versions != list(range(1, record.version + 1)):
        yield "I13", "its history has not one entry for each transition"
    statuses = [Status.RECEIVED, *(entry.status for entry in record.history)]
    for before, after in pairwise(statuses):
        if before is not after and after not in TRANSITIONS[before]:
            yield "I13", f"its history goes from {before} to {after}"
    if record.history and record.history[-1].status is not record.status:
        yield "I13", "its history ends with another status"
