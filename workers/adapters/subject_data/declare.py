"""Declares views and indexes; only what differs is touched, and a plan can be asked for first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bson
from pymongo import ASCENDING

from schemas.datamap import DataMap
from schemas.errors import TopologyError
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.lookup import ANY_CASE
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.views import SUFFIX, view_name, view_pipeline

_OURS: Final = "names"
_BESIDE_ID: Final = "dsr_no_such_field"


@dataclass(frozen=True, slots=True)
class WantedIndex:
    """An index by which the company's documents are found; without it a group scans them all."""

    collection: str
    path: str
    any_case: bool = False

    @property
    def name(self) -> str:
        """Its name; ours are known by the prefix."""
        return f"dsr_{self.path}{'_any_case' if self.any_case else ''}"

    def served_by(self, index: Mapping[str, Any]) -> bool:
        """Whether an index that is there does the same."""
        collation = index.get("collation")
        if index["key"][0][0] != self.path or "partialFilterExpression" in index:
            return False
        return (collation is not None and collation["strength"] <= 2) is self.any_case


async def declare(
    db: Database,
    datamap: DataMap,
    models: Mapping[str, SubjectModel],
    *,
    plan: bool,
    company_indexes: bool,
) -> list[str]:
    """One line for each change, made or (with `plan`) only named; safe while workers run."""
    with reaching("The company's database"):
        there = {info["name"]: info async for info in await db.list_collections()}
        changes = [*await _control(db, there, plan=plan)]
        for collection in datamap.collections:
            changes += await _view(db, collection, models, there, plan=plan)
        if company_indexes:
            changes += await _indexes(db, await missing_indexes(db, datamap, models), plan=plan)
    return changes


async def missing_indexes(
    db: Database, datamap: DataMap, models: Mapping[str, SubjectModel]
) -> list[WantedIndex]:
    """The indexes that the company's collections lack; without one a group scans the collection."""
    missing = []
    there: dict[str, Sequence[Mapping[str, Any]]] = {}
    for wanted in dict.fromkeys(_wanted(datamap, models)):
        if wanted.collection not in there:
            information = await db[wanted.collection].index_information()
            there[wanted.collection] = list(information.values())
        if not any(wanted.served_by(index) for index in there[wanted.collection]):
            missing.append(wanted)
    return missing


def _wanted(datamap: DataMap, models: Mapping[str, SubjectModel]) -> Iterator[WantedIndex]:
    for model in models.values():
        yield WantedIndex(model.home.collection, model.key.query)
        for name, field in model.fields.items():
            place = model.home_place(name)
            if field.lookup is not None and place is not None:
                path = place.leaves[0].blind or place.leaves[0].path
                any_case = field.lookup.form in {"email", "name"} and not field.sealed
                yield WantedIndex(model.home.collection, path.query)
                if any_case:
                    yield WantedIndex(model.home.collection, path.query, any_case=True)
        every = (*model.places.values(), *model.purposes.values())
        for site, _ in (found for places in every for found in places):
            if site.anchor.query != "_id" and not hasattr(site.link, "keyed_object"):
                yield WantedIndex(site.collection, site.anchor.query)
            for hop, local in zip(site.hops, _locals(site), strict=True):
                yield WantedIndex(hop.collection, hop.foreign.query)
                yield WantedIndex(hop.collection, local)
    for ledger in datamap.disclosures:
        yield WantedIndex(ledger.collection, ledger.subject_key.query)


def _locals(site: Any) -> Iterable[str]:
    """By what each collection in between is found itself."""
    if not site.hops:
        return []
    return [*(hop.local.query for hop in site.hops[1:]), site.end_anchor.query]


async def _control(db: Database, there: Mapping[str, Any], *, plan: bool) -> list[str]:
    indexes = await db[COLLECTION].index_information() if COLLECTION in there else {}
    if _OURS in indexes:
        return []
    if not plan:
        await db[COLLECTION].create_index("names", name=_OURS, sparse=True)
    return [f"create {COLLECTION} with its index"]


async def _view(
    db: Database,
    collection: str,
    models: Mapping[str, SubjectModel],
    there: Mapping[str, Any],
    *,
    plan: bool,
) -> list[str]:
    name = view_name(collection)
    pipeline = view_pipeline(collection, models)
    found = there.get(name)
    if found is None:
        if not plan:
            await db.create_collection(name, viewOn=collection, pipeline=pipeline)
        return [f"create view {name}"]
    if found["type"] != "view":
        raise TopologyError(f"{name} is a collection: rename it, {SUFFIX} belongs to our views.")
    options = found["options"]
    if options["viewOn"] == collection and _same(options["pipeline"], pipeline):
        return []
    if not plan:
        await db.command("collMod", name, viewOn=collection, pipeline=pipeline)
    return [f"update view {name}"]


async def _indexes(db: Database, missing: Iterable[WantedIndex], *, plan: bool) -> list[str]:
    changes = []
    for index in missing:
        changes.append(f"create index {index.name} on {index.collection}")
        if plan:
            continue
        keys = [(index.path, ASCENDING)]
        if index.any_case and index.path == "_id":
            # By itself it would be taken for the `_id` index, whose collation is the collection's.
            keys.append((_BESIDE_ID, ASCENDING))
        await db[index.collection].create_index(
            keys, name=index.name, collation=ANY_CASE if index.any_case else None
        )
    return changes


def _same(one: Any, other: Any) -> bool:
    return bson.encode({"": one}) == bson.encode({"": other})
