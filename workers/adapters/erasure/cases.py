"""One subject on its way through a deletion, and how it is taken up or taken up again."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import SON

from workers.adapters.erasure.ports import ArchiveItem, Keys, Tombstone
from workers.adapters.erasure.progress import NOTHING_HELD, Progress, checkpoint
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import Owner, leaf_positions
from workers.adapters.subject_data.control import (
    COLLECTION,
    Control,
    check_request,
    control_id,
    names_of,
)
from workers.adapters.subject_data.items import known_id
from workers.adapters.subject_data.keys import key_text, parse_key
from workers.adapters.subject_data.owners import Needles
from workers.adapters.subject_data.positions import Scope, positions, resolve, values
from workers.adapters.subject_data.removals import Removal
from workers.adapters.subject_data.rules import HOME, ErasureRules, ErasureSite
from workers.adapters.subject_data.sealing import Seal, key_name
from workers.adapters.subject_data.sessions import Document, Snapshot
from workers.adapters.subject_data.ties import still_tied, tie_values
from workers.ports import Erase, ErasureResult

_READ = ("rev", "seq", "restricted", "deletion")
_RESTRICTIONS = ("hides",)


@dataclass(slots=True, eq=False)
class Case:
    """One effect of a group."""

    number: int
    effect: Erase
    rules: ErasureRules
    plan: tuple[ErasureSite, ...]
    raw: Any
    owner: Owner
    control: Control
    progress: Progress | None = None
    ties: dict[str, Any] = field(default_factory=dict)
    """Those of the progress's that nobody else has taken since."""
    hide: bool = False
    """Whether the fields have to be restricted still."""
    found: bool = False
    """Whether anything of the subject was ever there."""
    clean: bool = False
    """Whether the last batch is known to have been carried out."""
    removals: dict[int, dict[tuple[str, Hashable], Removal]] = field(default_factory=dict)
    """What this batch comes to, by level, collection and `_id`."""
    complete: bool = False
    """Whether all that is left of it was read."""
    next: tuple[int, list[Any]] | None = None
    """Where the next batch starts, where there is more than this one."""
    again: bool = False
    """Whether something did not stand any more as it was read."""
    held: int = NOTHING_HELD
    """The level at which something is in the way: what leads there must not go before."""

    @property
    def whole(self) -> bool:
        """Whether the whole subject goes."""
        return self.effect.fields is None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that go."""
        return self.effect.fields or tuple(self.rules.model.fields)

    @property
    def known(self) -> Progress:
        """Its progress, once it was taken up."""
        assert self.progress is not None, "only a case that was taken up goes on"
        return self.progress

    @property
    def key_name(self) -> str:
        """Its data key in the vault."""
        return key_name(self.effect.subject, self.effect.pseudonym)

    @property
    def tombstone(self) -> Tombstone:
        """Its entry in the ledger."""
        return Tombstone(
            pseudonym=self.effect.pseudonym,
            subject_type=self.effect.subject.type,
            request=self.effect.request,
            fields=self.effect.fields,
            at=self.known.began,
        )

    def result(self, outcome: Any, step: str = "erase") -> ErasureResult:
        """What the call comes to for it."""
        summary = self.known.summary
        return ErasureResult(outcome, checkpoint(step, summary), summary)

    @property
    def is_open(self) -> bool:
        """Whether its control document says that this request is at it."""
        deletion = self.control.deletion
        return deletion is not None and deletion["request"] == self.effect.request

    @property
    def is_busy(self) -> bool:
        """Whether another request is at it, so that this one has to wait."""
        other = self.control.deletion is not None and not self.is_open
        return other and self.effect.request not in self.control.slots

    @property
    def may_finish(self) -> bool:
        """Whether nothing is left to erase once this batch is done."""
        return self.complete and self.held == NOTHING_HELD and not self.again

    @property
    def is_at_start(self) -> bool:
        """Whether it can go on together with others."""
        return not (self.known.site or self.known.after or self.known.stuck)

    def turn(self) -> None:
        """Ready for the next batch."""
        self.removals, self.complete, self.next, self.again = {}, False, None, False
        self.held = self.known.held

    def at_level(self, level: int) -> Iterator[Removal]:
        """What this batch carries out there."""
        if level >= self.held and (level != HOME or self.complete):
            removals = self.removals.get(level, {}).values()
            yield from (removal for removal in removals if not removal.stuck)

    def planned(self) -> Iterator[Removal]:
        """All that it carries out."""
        for level in self.removals:
            yield from self.at_level(level)

    def everything(self) -> Iterator[Removal]:
        """Also what it cannot carry out."""
        for removals in self.removals.values():
            yield from removals.values()

    def hold(self, level: int) -> None:
        """Something at this level is in the way: what comes after it waits."""
        self.held = max(self.held, level)

    def kept(self) -> list[ArchiveItem]:
        """What goes to the archive with this batch."""
        return [
            ArchiveItem(
                pseudonym=self.effect.pseudonym,
                basis=keep.basis,
                collection=removal.collection,
                document_id=keep.document_id,
                document=keep.document,
                destroy_after=keep.until,
                request=self.effect.request,
            )
            for removal in self.planned()
            for keep in removal.keeps
        ]

    def update(self) -> Any:
        """The conditional update of its control document."""
        names = None
        if self.hide:
            names = names_of(self.rules.model, self.owner.text, self.fields, self.known.ties)
        return self.control.erase(self.effect.request, self.known.stored(), names)

    def updated(self) -> None:
        """The update has matched."""
        self.control.rev += 1
        self.control.exists = True
        self.control.slots = {**self.control.slots, self.effect.request: {"kind": "erase"}}
        self.hide = False


def prepare(
    effects: Sequence[Erase], rules: Mapping[str, ErasureRules]
) -> tuple[list[Case], list[int]]:
    """A case for each subject that the map knows, and the numbers of the others."""
    cases, unknown = [], []
    for number, effect in enumerate(effects):
        check_request(effect.request)
        rule = rules.get(effect.subject.type)
        raw = parse_key(effect.subject.key, rule.model.key_type) if rule else None
        if rule is None or raw is None or not set(effect.fields or ()) <= rule.model.fields.keys():
            unknown.append(number)
            continue
        id_: SON[str, Any] = control_id(rule.model.name, raw)
        cases.append(
            Case(
                number=number,
                effect=effect,
                rules=rule,
                plan=rule.plan(effect.fields),
                raw=raw,
                owner=Owner(effect.subject.key),
                control=Control.read(id_, None),
            )
        )
    return cases, unknown


async def read_controls(reader: Snapshot, cases: Sequence[Case], *, full: bool = False) -> None:
    """Each case's control document; restrictions in full only where they will be changed."""
    by_id = {known_id(case.control.id): case for case in cases}
    everything = (*_READ, *_RESTRICTIONS)
    for names in (everything,) if full else (_READ, everything):
        if not by_id:
            return
        slots = [f"slots.{case.effect.request}" for case in by_id.values()]
        ids = [case.control.id for case in by_id.values()]
        found = {
            known_id(document["_id"]): document
            for document in await reader.find(COLLECTION, {"_id": {"$in": ids}}, [*names, *slots])
        }
        for id_, case in by_id.items():
            case.control = Control.read(case.control.id, found.get(id_))
            by = case.control.restricted
            request = case.effect.request
            case.hide = any(request not in by.get(name, ()) for name in case.fields)
        by_id = {id_: case for id_, case in by_id.items() if case.hide and case.control.exists}


async def take_up(reader: Snapshot, cases: Sequence[Case], now: datetime, keys: Keys) -> None:
    """Bring cases of one type to where they stand: from the control document, or from the home.

    A case that stays without progress is `gone`: its slot was claimed otherwise, another request
    deletes the whole subject, or the record is younger than what the effect binds.
    """
    fresh: list[Case] = []
    for case in cases:
        case.clean, case.progress = False, None
        slot = case.control.slots.get(case.effect.request)
        if case.is_open:
            case.progress, case.found = Progress.read(case.control.deletion or {}), True
            if case.progress.blocked:
                case.progress.try_again()
        elif case.control.deletion is None and (slot is None or slot["kind"] == "erase"):
            fresh.append(case)
    await _begin(reader, fresh, now)
    known = [case for case in cases if case.progress is not None]
    resumed = [case for case in known if case not in fresh]
    await _check_ties(reader, resumed)
    await _open_seals(known, keys)


async def _begin(reader: Snapshot, cases: Sequence[Case], now: datetime) -> None:
    if not cases:
        return
    rules = cases[0].rules
    homes = await _homes(reader, rules, cases)
    by_number = {case.number: case for case in cases}
    known = {n: (by_number[n].owner.text, home) for n, home in homes.items()}
    ties = await tie_values(reader, rules.model, known, sorted(rules.ties))
    for case in cases:
        home = homes.get(case.number)
        if home is not None and _is_younger(rules, home, case.effect.before):
            continue
        case.progress = Progress(case.effect.request, case.effect.fields, now)
        case.found = home is not None
        case.ties = {tie: value for (n, tie), value in ties.items() if n == case.number}
        case.progress.ties = dict(case.ties)
        if home is not None and case.whole:
            case.progress.digests = _digests(rules, case, home)


async def _homes(
    reader: Snapshot, rules: ErasureRules, cases: Sequence[Case]
) -> dict[int, Document]:
    model = rules.model
    wanted = Needles()
    for case in cases:
        wanted.add(case.raw, (case.number,))
    places = [place for tie in rules.ties if (place := model.home_place(tie)) is not None]
    tops = {model.key.steps[0]}.union(*(place.tops for place in places))
    tops |= {leaf.path.steps[0] for _, leaf in rules.blind}
    tops |= {leaf.blind.steps[0] for _, leaf in rules.blind if leaf.blind is not None}
    if rules.created is not None:
        tops.add(rules.created.steps[0])
    query = wanted.query(model.key) or {}
    return {
        owner: document
        for document in await reader.find(model.home.collection, query, sorted(tops))
        for owner in owning.owners_of(document, model.key, wanted)
    }


def _is_younger(rules: ErasureRules, home: Document, before: datetime | None) -> bool:
    if before is None or rules.created is None:
        return False
    times = [t for t in values(home, rules.created.steps) if isinstance(t, datetime)]
    return bool(times) and min(times) >= before


def _digests(rules: ErasureRules, case: Case, home: Document) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = {}
    for name, leaf in rules.blind:
        assert leaf.blind is not None
        scope = Scope.between(leaf.path, leaf.blind)
        for place in leaf_positions(leaf, home, case.owner.text, _is_key(rules, case)):
            above = resolve(home, place.at[: scope.shared])
            made.setdefault(name, []).extend(
                index.value
                for index in positions(above, scope.rest)
                if isinstance(index.value, bytes)
            )
    return made


def _is_key(rules: ErasureRules, case: Case) -> Any:
    return lambda raw: key_text(raw, rules.model.key_type) == case.owner.text


async def _check_ties(reader: Snapshot, cases: Sequence[Case]) -> None:
    if not cases:
        return
    held = {(c.number, tie): value for c in cases for tie, value in c.known.ties.items()}
    keys = {case.number: case.owner.text for case in cases}
    tied = await still_tied(reader, cases[0].rules.model, keys, held)
    for case in cases:
        case.ties = {tie: value for (n, tie), value in tied.items() if n == case.number}


async def _open_seals(cases: Iterable[Case], keys: Keys) -> None:
    """What is archived is opened first; without a key it stays as it is."""
    sealed = [case for case in cases if any(site.archives and site.sealed for site in case.plan)]
    if not sealed:
        return
    found = await keys.data_keys([case.key_name for case in sealed])
    for case in sealed:
        if case.key_name in found:
            seal = Seal(found[case.key_name], case.effect.pseudonym)
            case.owner = Owner(case.owner.text, seal)
