"""Carrying out one batch: collection by collection, what leads to others after them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import DeleteMany, UpdateOne
from pymongo.errors import BulkWriteError

from schemas.errors import ValueRefused
from workers.adapters.erasure.cases import Case
from workers.adapters.erasure.reading import Look
from workers.adapters.mongo import Database, write_errors
from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.removal import Removal
from workers.adapters.subject_data.updates import BY_ID

Ops = list[tuple[UpdateOne, Case, Removal]]


async def write_controls(db: Database, cases: Sequence[Case]) -> bool:
    """Write each case's progress; False where a control document has changed meanwhile.

    Which one is not told, and the others are written: then all of them are to be read again.
    """
    updates = [case.update() for case in cases]
    try:
        result = await db[COLLECTION].bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        if not write_errors(error):
            raise
        return False
    if result.matched_count + result.upserted_count != len(updates):
        return False
    for case in cases:
        case.updated()
    return True


async def carry_out(db: Database, cases: Sequence[Case], made: Look) -> None:
    """The batches of these cases, the homes last, and only of those with nothing in the way."""
    levels = sorted({level for case in cases for level in case.removals}, reverse=True)
    for level in levels:
        deletes: dict[str, list[Any]] = defaultdict(list)
        updates: dict[str, Ops] = defaultdict(list)
        for case in cases:
            _sort(case, level, deletes, updates)
        await asyncio.gather(
            *(
                _write(
                    db,
                    name,
                    level,
                    ids=deletes[name],
                    updates=updates[name],
                    guards=made.guards,
                )
                for name in sorted(deletes.keys() | updates.keys())
            )
        )


def _sort(case: Case, level: int, deletes: dict[str, list[Any]], updates: dict[str, Ops]) -> None:
    for removal in case.at_level(level):
        if removal.goes:
            deletes[removal.collection].append(removal.id)
            continue
        try:
            ops = [removal.draft.update()] if removal.changes else []
            ops += [pull.update(removal.id) for pull in removal.pulls]
        except ValueRefused:
            _refuse(case, removal, level)
            continue
        updates[removal.collection] += [(op, case, removal) for op in ops]


async def _write(  # noqa: PLR0913 - what goes, what changes, and whose it must be
    db: Database,
    name: str,
    level: int,
    *,
    ids: Sequence[Any],
    updates: Ops,
    guards: Mapping[str, Mapping[str, Any]],
) -> None:
    ops: list[DeleteMany | UpdateOne] = [op for op, _, _ in updates]
    if ids:
        gone: dict[str, Any] = {"_id": {"$in": ids}}
        # A document that was given to somebody else since it was read is not the subject's.
        query = {"$and": [gone, guards[name]]} if name in guards else gone
        ops.append(DeleteMany(query, hint=BY_ID))
    try:
        result = await db[name].bulk_write(ops, ordered=False)
        matched = result.matched_count
    except BulkWriteError as error:
        failed = {one["index"] for one in write_errors(error)}
        if not failed or not failed <= set(range(len(updates))):
            raise
        for index in failed:
            _, case, removal = updates[index]
            _refuse(case, removal, level)
        matched = (error.details or {})["nMatched"] + len(failed)
    if matched != len(updates):
        # Which one is not told: an application wrote it since, and it is looked at again.
        for _, case, _ in updates:
            case.again = True
            case.hold(level)


def _refuse(case: Case, removal: Removal, level: int) -> None:
    """The database's validator or unique index does not let it be taken out."""
    if not removal.stuck:
        removal.stuck += ((removal.path, "left_over"),)
        case.known.forget(removal)
        case.known.stick(removal)
    case.hold(level)
