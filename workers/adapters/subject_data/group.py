"""One group of effects in one transaction: everything read, decided, written, or nothing of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from schemas.errors import ValueRefused
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import leaf_positions
from workers.adapters.subject_data.contacts import renew
from workers.adapters.subject_data.control import (
    Control,
    Kind,
    Name,
    names_of,
)
from workers.adapters.subject_data.items import Item, read_controls, verdict
from workers.adapters.subject_data.keys import identity, parse_key
from workers.adapters.subject_data.owners import Found, Needles, TooMany
from workers.adapters.subject_data.places import Reading, SubjectModel
from workers.adapters.subject_data.positions import MISSING
from workers.adapters.subject_data.purposes import name_of
from workers.adapters.subject_data.sessions import (
    Document,
    Transaction,
)
from workers.adapters.subject_data.ties import Ties, tie_values
from workers.adapters.subject_data.writes import Drafts, Planned, Writes
from workers.ports import Claim, Correct, Release, Restrict, Resume, SubjectResult, Suspend

MAX_COPIES: Final = 200
"""Documents of one subject that one transaction changes; more go in parts."""
_SHARE: Final = 20
"""Documents per subject that a group reads from one collection before it is halved."""


async def plan_group(tx: Transaction, items: Sequence[Item]) -> Planned:
    """Read everything and decide."""
    controls = await read_controls(tx, items)
    results: dict[int, SubjectResult] = {}
    writes = Writes()
    by_type: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        settled = verdict(item, controls[item.number])
        if settled is not None:
            results[item.number] = settled
        elif item.changes and controls[item.number].progress.get(item.effect.request):
            raise TooMany(item.number)
        else:
            by_type[item.model.name].append(item)
    for group in by_type.values():
        others = await _release(tx, group, controls, writes, results)
        if others:
            results |= await _one_type(tx, others, controls, writes)
    return Planned(results, writes)


async def _release(
    tx: Transaction,
    items: Sequence[Item],
    controls: dict[int, Control],
    writes: Writes,
    results: dict[int, SubjectResult],
) -> list[Item]:
    """Settle those that only claim their slot; returns the others.

    A subject that was deleted has no control document, and none is made for it again.
    """
    releases = [item for item in items if isinstance(item.effect, Release | Resume)]
    unknown = [item for item in releases if not controls[item.number].exists]
    homes = await read_homes(tx, unknown[0].model, unknown) if unknown else {}
    for item in releases:
        control = controls[item.number]
        if control.exists or item.number in homes:
            kind: Kind = "resume" if isinstance(item.effect, Resume) else "release"
            writes.control(control.claim(item.effect.request, kind))
            results[item.number] = SubjectResult("done", seq=control.seq)
        else:
            results[item.number] = SubjectResult("gone")
    return [item for item in items if not isinstance(item.effect, Release | Resume)]


async def _one_type(
    tx: Transaction, items: Sequence[Item], controls: dict[int, Control], writes: Writes
) -> dict[int, SubjectResult]:
    model = items[0].model
    homes = await read_homes(tx, model, items)
    results = {i.number: SubjectResult("gone") for i in items if i.number not in homes}
    items = [item for item in items if item.number in homes]
    ties = await read_ties(tx, model, items, homes)
    found = await _read_sites(tx, model, [i for i in items if i.changes], ties)
    for item in items:
        control = controls[item.number]
        if isinstance(item.effect, Restrict):
            writes.control(control.restrict(item.effect.request, hiding_names(item, ties)))
            results[item.number] = SubjectResult("done", seq=control.seq)
            continue
        if isinstance(item.effect, Claim):
            writes.control(control.claim(item.effect.request, "collect"))
            results[item.number] = SubjectResult("done", seq=control.seq)
            continue
        if isinstance(item.effect, Suspend):
            writes.control(control.suspend(item.effect.request, hiding_names(item, ties)))
            results[item.number] = SubjectResult("done", seq=control.seq)
            continue
        try:
            drafts = Drafts()
            for site, by_owner in found:
                draft_site(item, site, by_owner.get(item.number, ()), drafts)
            result = finish(
                item,
                control,
                homes[item.number],
                drafts=drafts,
                writes=writes,
                before=Counter(),
            )
        except ValueRefused:
            result = SubjectResult("refused")
        results[item.number] = result
    return results


async def read_homes(
    tx: Transaction, model: SubjectModel, items: Sequence[Item]
) -> dict[int, Document]:
    """The home document of each item whose subject exists."""
    wanted = Needles()
    for item in items:
        wanted.add(parse_key(item.owner.text, model.key_type), (item.number,))
    names = {name for item in items for name in item.fields}
    tops = sorted(model.reading(names, follow_only=False).home_tops)
    query = wanted.query(model.key)
    read = await tx.find(model.home.collection, query or {}, tops)
    return {
        owner: document
        for document in read
        for owner in owning.owners_of(document, model.key, wanted)
    }


async def read_ties(
    tx: Transaction, model: SubjectModel, items: Sequence[Item], homes: dict[int, Document]
) -> Ties:
    """The values that tie documents to the subjects, for the fields that are concerned."""
    fields = {name for i in items for name in _reading(i).ties}
    by_owner = {item.number: (item.owner.text, homes[item.number]) for item in items}
    return await tie_values(tx, model, by_owner, sorted(fields))


async def _read_sites(
    tx: Transaction, model: SubjectModel, items: Sequence[Item], ties: Ties
) -> list[tuple[Found, dict[int, list[Document]]]]:
    if not items:
        return []
    names = {name for item in items for name in item.fields}
    limit = MAX_COPIES + _SHARE * len(items)
    found = []
    copies: Counter[int] = Counter()
    for site, places in model.reading(names).sites:
        concerned = {place.field for place in places}
        keys = {i.number: i.owner.text for i in items if concerned.intersection(i.fields)}
        wanted = await owning.needles(tx, model, site, keys, ties)
        read = await owning.documents(tx, site, places, wanted, limit=limit)
        if len(read.documents) > limit:
            raise TooMany
        by_owner = read.by_owner()
        copies.update({owner: len(documents) for owner, documents in by_owner.items()})
        found.append((read, by_owner))
    for owner, count in copies.items():
        if count > MAX_COPIES:
            raise TooMany(owner)
    return found


def draft_site(item: Item, found: Found, documents: Iterable[Document], drafts: Drafts) -> None:
    """The item's changes in its documents of one site; `ValueRefused` by a type that stands."""
    fields = frozenset(item.fields)
    holds = found.needles.test(item.number)
    for document in documents:
        draft = drafts.of(found.site.collection, document)
        for place in found.places:
            if place.field in fields:
                item.change(place, document, holds, draft)


def finish(  # noqa: PLR0913 - what was read, what is written, what was done before
    item: Item,
    control: Control,
    home: Document,
    *,
    drafts: Drafts,
    writes: Writes,
    before: Counter[str],
) -> SubjectResult:
    """The home, the slot and the lifting of the restriction: with them the change stands."""
    model = item.model
    key = identity(parse_key(item.owner.text, model.key_type))
    draft = drafts.of(model.home.collection, home)
    was: dict[str, Any] = {}

    def holds(raw: Any) -> bool:
        return identity(raw) == key

    for place in _reading(item).home:
        stood = frozenset(draft.sets)
        item.change(place, home, holds, draft)
        if isinstance(item.effect, Correct):
            changed = draft.sets.keys() - stood
            renew(place, model, home, draft=draft, changed=changed, at=item.effect.at)
        for leaf in place.leaves if place.field in model.identifying else ():
            for position in leaf_positions(leaf, home, item.owner.text, holds):
                if position.at not in draft.sets:
                    continue
                control.retie(model, place.field, draft.sets[position.at])
                if place.field in model.known_by and position.value not in (MISSING, None):
                    was.setdefault(place.field, position.value)
    counted = drafts.places + before
    places = {name_of(name): counted[name] for name in item.fields}
    writes.add(item, drafts)
    writes.control(control.claim(item.effect.request, item.kind, places=places, was=was))
    return SubjectResult("done", seq=control.seq, places=places)


def hiding_names(item: Item, ties: Ties) -> dict[str, list[Name]]:
    """Per restricted field, everything by which documents that hold it name the subject."""
    held = {field: value for (owner, field), value in ties.items() if owner == item.number}
    fields = [name for name in item.fields if name in item.model.fields]  # no purpose is hidden
    return names_of(item.model, item.owner.text, fields, held)


def _reading(item: Item) -> Reading:
    return item.model.reading(item.fields, follow_only=item.changes)
