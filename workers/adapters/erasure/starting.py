"""How cases are taken up: from the control document where one was begun, else from the home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from bson import ObjectId

from workers.adapters.erasure.cases import Case
from workers.adapters.erasure.ports import Keys
from workers.adapters.erasure.progress import Progress
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import Owner, leaf_positions
from workers.adapters.subject_data.control import COLLECTION, Control
from workers.adapters.subject_data.items import known_id
from workers.adapters.subject_data.keys import key_text
from workers.adapters.subject_data.owners import Needles
from workers.adapters.subject_data.positions import Scope, positions, resolve, values
from workers.adapters.subject_data.rules import ErasureRules
from workers.adapters.subject_data.sealing import Seal
from workers.adapters.subject_data.sessions import Document, Snapshot
from workers.adapters.subject_data.ties import still_tied, tie_values

_READ: Final = ("rev", "seq", "restricted", "deletion")
_RESTRICTIONS: Final = ("standing", "hides")


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
    """Whether the record came to be later, by its own date or else by an `_id` that has one."""
    if before is None:
        return False
    steps = rules.created.steps if rules.created is not None else ()
    times = [t for t in values(home, steps) if isinstance(t, datetime)]
    if not times and isinstance(home["_id"], ObjectId):
        # In whole seconds: whoever signed up in the very second lives on.
        return home["_id"].generation_time >= before.replace(microsecond=0)
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
