"""One subject on its way through a deletion, and how it is taken up or taken up again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import SON

from workers.adapters.erasure.progress import NOTHING_HELD, Progress, checkpoint
from workers.adapters.subject_data.changes import Owner
from workers.adapters.subject_data.control import (
    Control,
    check_request,
    control_id,
    names_of,
)
from workers.adapters.subject_data.keys import parse_key
from workers.adapters.subject_data.removal import Removal
from workers.adapters.subject_data.rules import HOME, ErasureRules, ErasureSite
from workers.adapters.subject_data.sealing import key_name
from workers.adapters.vault import Tombstone
from workers.ports import Erase, ErasureResult
from workers.ports.archive import ArchiveItem


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
        """Its entry in the ledger: it binds again what it binds now."""
        return Tombstone(
            pseudonym=self.effect.pseudonym,
            subject_type=self.effect.subject.type,
            request=self.effect.request,
            fields=self.effect.fields,
            at=self.effect.before or self.known.began,
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
