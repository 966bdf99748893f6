"""What is taken out of one document, by its site's rules: pure, documents in, removals out.

Fails closed: where a document or a value is to be archived and nothing says until when, or where a
value cannot be taken out at all, nothing of that document is touched and it says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import bson

from schemas.datamap import (
    EACH,
    AnonymiseDocument,
    AnonymiseValue,
    Archive,
    Delete,
    Path,
)
from schemas.errors import SealBroken
from workers.adapters.subject_data.changes import Owner, Test, guard, leaf_positions, opened
from workers.adapters.subject_data.keys import identity
from workers.adapters.subject_data.positions import (
    MISSING,
    Position,
    Scope,
    positions,
    resolve,
    values,
)
from workers.adapters.subject_data.pulls import Pull
from workers.adapters.subject_data.removal import Keep, Moment, Removal
from workers.adapters.subject_data.replacing import filled, fits
from workers.adapters.subject_data.rules import ID, ErasureSite, Spot
from workers.adapters.subject_data.sessions import Document
from workers.adapters.subject_data.updates import dotted


def remove(  # noqa: PLR0913 - a document, its rules, whose it is, and when
    site: ErasureSite,
    document: Document,
    owner: Owner,
    holds: Test,
    *,
    moment: Moment,
    into: Removal,
) -> None:
    """Add to the removal what this site's rules take out of the document."""
    made = _Remover(site, document, owner, holds, moment, into)
    made.remove()
    if into.stuck:
        into.give_up()


@dataclass(slots=True)
class _Remover:
    site: ErasureSite
    document: Document
    owner: Owner
    holds: Test
    moment: Moment
    into: Removal
    values: dict[tuple[str, datetime], dict[str, Any]] = field(default_factory=dict)
    """What is archived by itself, per basis and end."""

    def remove(self) -> None:
        whole = self.site.whole
        for spot in self.site.spots:
            self._spot(spot)
        self._keep_values()
        if whole is None:
            return
        if self.site.keyed:
            self._entry(whole)
        elif self.site.element is not None:
            if not isinstance(whole, AnonymiseDocument):
                self._elements(whole, self.site.element)
        elif isinstance(whole, Delete):
            self.into.weigh("deleted")
        elif isinstance(whole, Archive):
            self._whole(whole)
        elif self.into.changes:
            self.into.weigh("anonymised")

    def _whole(self, rule: Archive) -> None:
        times = values(self.document, rule.since.steps) if rule.since else ()
        if self._keep(rule, times, self.document[ID], self._opened()):
            self.into.weigh("archived")
        else:
            self.into.weigh("deleted")

    def _elements(self, rule: Delete | Archive, element: Path) -> None:
        anchor = self.site.site.anchor
        rest = anchor.steps[len(element.steps) :]
        found = [
            place
            for place in positions(self.document, element.steps, self.owner.text)
            if place.depth == len(element.steps)
            and any(self.holds(value) for value in values(place.value, rest))
        ]
        raws: dict[Any, Any] = {}
        clear = self._opened() if isinstance(rule, Archive) else self.document
        for place in found:
            for value in values(place.value, rest):
                if self.holds(value):
                    raws[identity(value)] = value
            if isinstance(rule, Archive):
                self._part(rule, element, place, resolve(clear, place.at))
        if raws:
            self.into.pulls += (Pull(element, rest, tuple(raws.values())),)

    def _entry(self, rule: Delete | AnonymiseDocument | Archive) -> None:
        path = Path((*self.site.site.anchor.steps, self.owner.text))
        for place in positions(self.document, path.steps):
            if place.depth < len(path.steps):
                continue
            if isinstance(rule, Archive):
                self._part(rule, path, place, resolve(self._opened(), place.at))
            # The name itself says whose it is: nothing else has to stand there still.
            self.into.draft.unsets.add(place.at)

    def _part(self, rule: Archive, path: Path, place: Position, clear: Any) -> None:
        """An element or entry goes to the archive, under a name that tells it from the others."""
        times: Iterable[Any] = ()
        if rule.since is not None:
            scope = Scope.between(path, rule.since)
            times = values(resolve(self.document, place.at[: scope.shared]), scope.rest)
        digest = hashlib.sha256(bson.encode({"": place.value})).hexdigest()
        id_ = {"of": self.document[ID], "part": digest}
        self._keep(rule, times, id_, {ID: self.document[ID], str(path): clear})

    def _spot(self, spot: Spot) -> None:
        leaf, rule = spot.leaf, spot.rule
        for place in leaf_positions(leaf, self.document, self.owner.text, self.holds):
            if not (spot.always or _stands(place)) or _is_done(rule, place.value):
                continue
            if leaf.steps[0] == ID and not isinstance(self.site.whole, Delete):
                self.into.stuck += ((str(leaf.path), "left_over"),)
                continue
            if isinstance(rule, Archive):
                self._archive_value(spot, rule, place)
                if isinstance(self.site.whole, Delete):
                    continue
            self._take_out(spot, place)

    def _take_out(self, spot: Spot, place: Position) -> None:
        leaf, draft = spot.leaf, self.into.draft
        if isinstance(spot.rule, AnonymiseValue):
            draft.put(place, filled(spot.rule.value))
        elif leaf.steps[-1] == EACH:
            self.into.pulls += (Pull(leaf.path, (), (place.value,)),)
            return
        else:
            draft.drop(place)
        guard(leaf, self.document, place, draft)
        if leaf.blind is not None:
            self._drop_digest(leaf.path, leaf.blind, place)

    def _drop_digest(self, path: Path, blind: Path, place: Position) -> None:
        scope = Scope.between(path, blind)
        above = place.at[: scope.shared]
        for index in positions(resolve(self.document, above), scope.rest):
            if index.value is not MISSING:
                at = (*above, *index.at)
                self.into.draft.drop(Position(at, index.value, len(at)))

    def _archive_value(self, spot: Spot, rule: Archive, place: Position) -> None:
        times: Iterable[Any] = ()
        if rule.since is not None:
            scope = Scope.between(spot.leaf.path, rule.since)
            times = values(resolve(self.document, place.at[: scope.shared]), scope.rest)
        until = self._until(rule, times)
        if until is not None and until > self.moment.now:
            assert spot.place is not None, "only a mapped value has a rule of its own"
            clear = _clear(lambda: opened(spot.place, spot.leaf, place.value, self.owner))  # type: ignore[arg-type]
            value = place.value if clear is MISSING else clear
            self.values.setdefault((rule.basis, until), {})[dotted(place.at)] = value

    def _keep_values(self) -> None:
        for (basis, until), found in self.values.items():
            id_ = {"of": self.document[ID], "values": sorted(found)}
            document = {ID: self.document[ID], **found}
            self.into.keeps += (Keep(basis, until, id_, document),)

    def _keep(self, rule: Archive, times: Iterable[Any], id_: Any, document: Any) -> bool:
        """Whether it goes to the archive; what has had its time does not."""
        until = self._until(rule, times)
        if until is None or until <= self.moment.now:
            return False
        self.into.keeps += (Keep(rule.basis, until, id_, document),)
        return True

    def _until(self, rule: Archive, times: Iterable[Any]) -> datetime | None:
        until = self.moment.until(rule, times)
        if until is None:
            self.into.stuck += ((str(rule.since or ID), "no_basis"),)
        return until

    def _opened(self) -> Document:
        """The document with its sealed values in clear; what does not open stays as it is."""
        if not self.site.sealed or self.owner.seal is None:
            return self.document
        copy = deepcopy(self.document)
        for place, leaf in self.site.sealed:
            for there in positions(copy, leaf.steps, self.owner.text):
                if isinstance(there.value, bytes):
                    clear = _clear(lambda: opened(place, leaf, there.value, self.owner))  # noqa: B023
                    if clear is not MISSING:
                        resolve(copy, there.at[:-1])[there.at[-1]] = clear
        return copy


def _clear(open_: Callable[[], Any]) -> Any:
    try:
        return open_()
    except SealBroken:
        return MISSING


def _stands(place: Position) -> bool:
    return place.value is not MISSING and place.value is not None


def _is_done(rule: Delete | AnonymiseValue | Archive, value: Any) -> bool:
    """Whether an earlier deletion, or this one, has put its value there already."""
    return isinstance(rule, AnonymiseValue) and fits(rule.value, value)
