"""What is left of subjects, read as one batch: for a group together, or for a large subject alone.

A group is read whole or not at all (`TooMany`). Alone, a batch ends after so many documents: where
they are not found again once they are done, the next batch just asks again, otherwise it goes on
behind the last `_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from workers.adapters.erasure.cases import Case
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.keys import identity
from workers.adapters.subject_data.owners import Needles, TooMany
from workers.adapters.subject_data.positions import values
from workers.adapters.subject_data.removal import Fate, Moment, Removal
from workers.adapters.subject_data.removals import remove
from workers.adapters.subject_data.rules import ErasureSite
from workers.adapters.subject_data.sessions import Document, Snapshot
from workers.adapters.subject_data.ties import keys_in

BATCH: Final = 500
"""Documents of a large subject in one batch."""
_SHARE: Final = 100
"""Documents per subject that a group reads from one collection before it is halved."""
_BETWEEN: Final = 100_000
"""Documents in between that one large subject may lead through."""
_ALL: Final[Mapping[str, Any]] = {"__dsr": 0}
"""Leaving out what is never there reads whole documents."""


@dataclass(slots=True)
class Look:
    """What was read, and by what."""

    guards: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Per collection whose documents go: what must still make them the subjects'."""


async def look(reader: Snapshot, cases: Sequence[Case], moment: Moment) -> Look:
    """All that is left of these cases, of one type and the same fields, from the first site on."""
    made = Look()
    limit = BATCH + _SHARE * (len(cases) - 1)
    for site in cases[0].plan:
        wanted = await _needles(reader, cases, site, owning.MAX_BETWEEN)
        query = wanted.query(site.site.anchor)
        if query is None:
            continue
        found = await _read(reader, site, query, limit, ordered=not site.vanishes)
        if len(found) > limit:
            raise TooMany
        _judge(cases, site, found, wanted, moment=moment, made=made)
    for case in cases:
        case.complete = True
        _hold_back(case)
    return made


async def look_alone(
    reader: Snapshot, case: Case, moment: Moment, *, batch: int | None = None, stays: bool = False
) -> Look:
    """The next batch of one case; `stays`: nothing of it will be carried out."""
    made, left = Look(), BATCH if batch is None else batch
    start, after = case.known.site, case.known.after
    for site in case.plan[start:]:
        if site.level < case.held:
            break
        try:
            wanted = await _needles(reader, [case], site, _BETWEEN)
        except TooMany:
            where = (site.site.collection, str(site.site.anchor), "left_over")
            case.known.findings[where] += 1
            case.hold(site.level)
            return made
        query = wanted.query(site.site.anchor)
        if query is not None:
            stuck = case.known.stuck.get(site.site.collection)
            if stuck:
                query = {"$and": [query, {"_id": {"$nin": stuck}}]}
            vanishes = site.vanishes and not stays
            found = await _read(reader, site, query, left, after=after, ordered=not vanishes)
            _judge([case], site, found[:left], wanted, moment=moment, made=made)
            if len(found) > left:
                behind = [found[left - 1]["_id"]] if left else list(after)
                case.next = (site.number, [] if vanishes else behind)
                _hold_back(case)
                return made
            left -= len(found)
            _hold_back(case)
        after = []
    case.complete = True
    return made


async def by_digest(reader: Snapshot, cases: Sequence[Case]) -> None:
    """Whatever a digest of a sealed value still finds, unless it is another person's own."""
    if not cases:
        return
    model = cases[0].rules.model
    for name, leaf in cases[0].rules.blind:
        assert leaf.blind is not None
        mine = {identity(d): case for case in cases for d in case.known.digests.get(name, ())}
        if not mine:
            continue
        raws = [digest for case in cases for digest in case.known.digests.get(name, ())]
        query = {leaf.blind.query: {"$in": raws}}
        tops = [leaf.blind.steps[0], model.key.steps[0]]
        for document in await reader.find(model.home.collection, query, tops, limit=BATCH):
            for known, case in mine.items():
                held = (d for d in values(document, leaf.blind.steps))
                others = keys_in(model, document) - {case.owner.text}
                if not others and known in map(identity, held):
                    where = (model.home.collection, str(leaf.blind), "left_over")
                    case.known.findings[where] += 1


async def _needles(
    reader: Snapshot, cases: Sequence[Case], site: ErasureSite, between: int
) -> Needles:
    keys = {case.number: case.owner.text for case in cases}
    ties = {(case.number, tie): value for case in cases for tie, value in case.ties.items()}
    model = cases[0].rules.model
    return await owning.needles(reader, model, site.site, keys, ties, between=between)


async def _read(  # noqa: PLR0913 - what, how many, and from where on
    reader: Snapshot,
    site: ErasureSite,
    query: Mapping[str, Any],
    limit: int,
    *,
    ordered: bool,
    after: Sequence[Any] = (),
) -> list[Document]:
    if after:
        query = owning.behind(query, after[0])
    return await reader.find(
        site.site.collection,
        query,
        _ALL if site.tops is None else site.tops,
        limit=limit + 1,
        ordered=ordered,
    )


def _judge(  # noqa: PLR0913 - whose, by what rules, and when
    cases: Sequence[Case],
    site: ErasureSite,
    found: Sequence[Document],
    wanted: Needles,
    *,
    moment: Moment,
    made: Look,
) -> None:
    collection = site.site.collection
    by_number = {case.number: case for case in cases}
    judged = [] if site.just_goes else cases
    tests = {case.number: wanted.test(case.number) for case in judged}
    moments = {case.number: replace(moment, began=case.known.began) for case in judged}
    if site.whole is not None and not site.site.hops:
        query = wanted.query(site.site.anchor)
        if query is not None:
            made.guards[collection] = query
    anchor, path, level = site.site.anchor, str(site.site.anchor), site.level
    for document in found:
        id_ = document["_id"]
        where = (collection, identity(id_))
        for number in owning.owners_of(document, anchor, wanted):
            case = by_number[number]
            removals = case.removals.setdefault(level, {})
            removal = removals.get(where)
            if removal is None:
                fate: Fate = "deleted" if site.just_goes else "changed"
                removal = Removal(collection, id_, path, fate)
            if not site.just_goes:
                test, now = tests[number], moments[number]
                remove(site, document, case.owner, test, moment=now, into=removal)
            if site.just_goes or not removal.is_nothing:
                removals[where] = removal


def _hold_back(case: Case) -> None:
    """What leads to a document that is stuck stays, and the home with it."""
    for level, removals in case.removals.items():
        if any(removal.stuck for removal in removals.values()):
            case.hold(level)
