"""The company's database: records, slots, restrictions, and the ledger of disclosures."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from schemas.evidence import CollectionCount, ErasureSummary, Finding
from schemas.guardianship import Guardianship
from schemas.request import Contact, SubjectRef
from tests.fakes.faults import Faults
from workers.ports import (
    Claim,
    Collect,
    Collected,
    CollectResult,
    Correct,
    DestroyExhibits,
    Erase,
    ErasureResult,
    Person,
    RecordEffect,
    Release,
    Resume,
    SubjectEffect,
    SubjectResult,
    Suspend,
    WithdrawConsent,
)

MORNING = datetime(2026, 11, 23, tzinfo=UTC)
FOUND = (Finding(collection="logs", path="member_id", documents=2, why="left_over"),)


SLOTS: dict[type[RecordEffect], str] = {
    Correct: "correct",
    Release: "release",
    Claim: "collect",
    Suspend: "suspend",
    Resume: "resume",
    WithdrawConsent: "object",
}


@dataclass(slots=True)
class Record:
    """One person in the company's database: what identifies, and each field with its copies."""

    ref: SubjectRef
    known_by: dict[str, str]
    contacts: tuple[Contact, ...]
    fields: dict[str, Any]
    copies: int = 2
    guardianship: Guardianship | None = None
    consents: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Control:
    """The control document of one person."""

    seq: int = 0
    slots: dict[str, SubjectResult] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    restricted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class MemorySubjects:
    """The company's database, read and written."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.records: dict[str, Record] = {}
        self.controls: dict[str, Control] = defaultdict(Control)
        self.ledger: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        self.changed: list[tuple[str, str]] = []
        """Each change of a record: which request, which field."""
        self.refuses: set[str] = set()
        """Fields whose new values the database's own validator refuses."""
        self.steps: dict[str, int] = {}
        """Per request, in how many more parts its correction, or deletion, is done."""
        self.stuck: dict[str, str] = {}
        """Per request, the code of what stands in the way of its package."""
        self.packages: dict[str, Collected] = {}
        """Per request, what was collected."""
        self.now: Callable[[], datetime] = lambda: MORNING
        self.erased: dict[str, ErasureResult] = {}
        self.ended: set[tuple[str, str]] = set()
        """Whose purpose has ended, by which rule."""
        self.exhibits_destroyed: list[str] = []
        """Requests whose evidence was destroyed."""
        self.blocked = False
        """Something that an application wrote is in the way of every deletion."""

    def usable(self, key: str) -> dict[str, Any]:
        """What the view shows of a record: nothing that is restricted."""
        hidden = {name for name, by in self.controls[key].restricted.items() if by}
        return {n: v for n, v in self.records[key].fields.items() if n not in hidden}

    async def find(self, identifiers: Mapping[str, str]) -> Person | None:
        await self._faults.call("subjects.find")
        found = [
            record
            for record in self.records.values()
            if all(record.known_by.get(name) == value for name, value in identifiers.items())
        ]
        if len(found) != 1:
            return None
        return Person(found[0].ref, f"p-{found[0].ref.key}", found[0].contacts)

    async def guardianship(self, subject: SubjectRef) -> Guardianship | None:
        await self._faults.call("subjects.guardianship")
        return self.records[subject.key].guardianship

    async def contacts(self, subject: SubjectRef) -> tuple[Contact, ...]:
        await self._faults.call("subjects.contacts")
        found = self.records.get(subject.key)
        return found.contacts if found else ()

    async def has_ended(self, subject: SubjectRef, rule: str, now: datetime) -> bool:  # noqa: ARG002
        await self._faults.call("subjects.has_ended")
        return (subject.key, rule) in self.ended

    async def is_held(self, identifiers: Mapping[str, str], subject: SubjectRef) -> bool:
        await self._faults.call("subjects.is_held")
        return any(
            all(record.known_by.get(name) == value for name, value in identifiers.items())
            for record in self.records.values()
            if record.ref.type == subject.type and record.ref != subject
        )

    async def recipients(
        self, subject: SubjectRef, fields: tuple[str, ...]
    ) -> dict[str, tuple[str, ...]]:
        await self._faults.call("subjects.recipients")
        told = {
            name: tuple(field for field in fields if field in received)
            for name, received in self.ledger[subject.key].items()
        }
        return {name: received for name, received in told.items() if received}

    async def known_as(self, subject: SubjectRef, request: str) -> Mapping[str, str]:  # noqa: ARG002
        await self._faults.call("subjects.known_as")
        return dict.fromkeys(self.ledger[subject.key], f"theirs-{subject.key}")

    async def apply(
        self, effects: Sequence[SubjectEffect]
    ) -> Sequence[SubjectResult | ErasureResult | CollectResult]:
        await self._faults.call("subjects.apply before")
        results = [self._any(effect) for effect in effects]
        self._faults.point("subjects.apply after")
        return results

    def _any(self, effect: SubjectEffect) -> SubjectResult | ErasureResult | CollectResult:
        match effect:
            case Erase():
                return self._erase(effect)
            case Collect():
                return self._collect(effect)
            case DestroyExhibits():
                return self._destroy(effect)
        return self._one(effect)

    def _collect(self, effect: Collect) -> CollectResult:
        """One package for a request, made at the first call."""
        if effect.request in self.stuck:
            return CollectResult("put_off", code=self.stuck[effect.request])
        if self.steps.get(effect.request, 0):
            self.steps[effect.request] -= 1
            return CollectResult("more")
        claimed = self._one(Claim(effect.request, effect.subject))
        if claimed.outcome not in {"done", "already"}:
            return CollectResult("gone" if claimed.outcome == "gone" else "lost")
        record = self.records[effect.subject.key]
        now = self.now()
        made = Collected(
            id=f"package-{effect.request}",
            made_at=now,
            destroy_after=now + effect.keep,
            records={"members": 1, "deliveries": record.copies - 1},
            values=dict.fromkeys(record.fields, record.copies),
        )
        return CollectResult("ready", self.packages.setdefault(effect.request, made))

    def _destroy(self, effect: DestroyExhibits) -> SubjectResult:
        self.exhibits_destroyed.append(effect.request)
        return SubjectResult("done")

    def _erase(self, effect: Erase) -> ErasureResult:
        """Record and copies go; the control document stays, so that it can be looked at."""
        request, key = effect.request, effect.subject.key
        control = self.controls[key]
        if request in self.erased:
            return self.erased[request]
        if request in control.slots or key not in self.records:
            return ErasureResult("gone", {"step": "freeze"}, ErasureSummary())
        if self.blocked:
            return ErasureResult("blocked", {"step": "rescan"}, ErasureSummary(findings=FOUND))
        if self.steps.get(request, 0):
            self.steps[request] -= 1
            return ErasureResult("more", {"step": "erase"}, ErasureSummary())
        record = self.records[key]
        for name in effect.fields or tuple(record.fields):
            record.fields.pop(name, None)
            self.changed.append((request, name))
        if effect.fields is None:
            del self.records[key]
        for by in control.restricted.values():
            by.discard(request)
        counts = (CollectionCount(collection="members", deleted=1),)
        summary = ErasureSummary(counts=counts, keys_destroyed=1, rescans=1)
        self.erased[request] = ErasureResult("done", {"step": "done"}, summary)
        return self.erased[request]

    def _one(self, effect: RecordEffect) -> SubjectResult:
        control, request = self.controls[effect.subject.key], effect.request
        kind = SLOTS.get(type(effect))
        if isinstance(effect, Resume):
            if effect.subject.key not in self.records or request not in control.slots:
                return SubjectResult("gone")
            if control.kinds[request] == "suspend":
                del control.slots[request]
        if request in control.slots:
            if control.kinds[request] != kind:
                return SubjectResult("lost", seq=control.slots[request].seq)
            return replace(control.slots[request], outcome="already")
        result = self._first(effect, control)
        if kind and result.outcome == "done":
            kept = effect.fields if isinstance(effect, Suspend) else ()
            for name, by in control.restricted.items():
                if name not in kept:
                    by.discard(request)
            control.slots[request], control.kinds[request] = result, kind
        return result

    def _first(self, effect: RecordEffect, control: Control) -> SubjectResult:
        if isinstance(effect, Release | Resume):
            control.seq += isinstance(effect, Resume)
            return SubjectResult("done", seq=control.seq)
        if effect.subject.key not in self.records:
            return SubjectResult("gone")
        if isinstance(effect, Correct):
            return self._correct(effect, control)
        if isinstance(effect, Claim):
            return SubjectResult("done", seq=control.seq)
        if isinstance(effect, WithdrawConsent):
            return self._withdraw(effect, control)
        control.seq += isinstance(effect, Suspend)
        for name in effect.fields:
            control.restricted[name].add(effect.request)
        return SubjectResult("done", seq=control.seq)

    def _withdraw(self, effect: WithdrawConsent, control: Control) -> SubjectResult:
        if self.steps.get(effect.request, 0):
            self.steps[effect.request] -= 1
            return SubjectResult("more", seq=control.seq)
        consents = self.records[effect.subject.key].consents
        places = {}
        for name in effect.purposes:
            places[name] = 2 * consents.get(name, False)
            consents[name] = False
            self.changed.append((effect.request, name))
        control.seq += 1
        return SubjectResult("done", seq=control.seq, places=places)

    def _correct(self, effect: Correct, control: Control) -> SubjectResult:
        if self.refuses & effect.values.keys():
            return SubjectResult("refused")
        if self.steps.get(effect.request, 0):
            self.steps[effect.request] -= 1
            return SubjectResult("more", seq=control.seq)
        record = self.records[effect.subject.key]
        places = {}
        for name, value in effect.values.items():
            places[name] = record.copies if record.fields.get(name) != value else 0
            record.fields[name] = copy.deepcopy(value)
            self.changed.append((effect.request, name))
        control.seq += 1
        return SubjectResult("done", seq=control.seq, places=places)
