"""Epoch rollover: every surviving data key gets a new wrapping, then the old epoch key dies (D3).

    1 check    the folder and the database belong together, and there is something to re-wrap
    2 make     the new epoch's key is durable
    3 admit    the key folder lists it: workers that look wrap under it
    4 fence    the database refuses wrappings of older epochs
    5 rewrap   the survivors, in batches; a key that was deleted meanwhile is never brought back
    6 retire   none is left, counted on a majority: the key folder lists the new epoch alone
    7 destroy  the older epochs' keys are gone, and with them whatever a backup holds wrapped

Each can be done again, and a rollover that was cut off anywhere is finished by the next. Workers
go on meanwhile. Not guaranteed: that a copy which somebody made of the key folder is gone as well,
nor what a worker that has done nothing since holds in memory until it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import pymongo
from pymongo import UpdateOne

from schemas.errors import DsrError, KeyFolderBehind, KeyGone, NotFound, SealBroken
from workers.adapters.mongo import Collection, reaching
from workers.adapters.vault.fence import fenced_at, raise_fence
from workers.adapters.vault.holder import EpochKeys, KeyHolder, Wrapped
from workers.adapters.vault.store import Vault

Progress = Callable[[int, int], None]
"""Called with how many keys are done, of how many."""

BATCH: Final = 1000
_PATIENCE: Final = 120.0
"""Seconds for one read: it may go through a whole collection."""


class KeysLeft(DsrError):
    """Some keys are not re-wrapped, so the older epoch's key was not destroyed."""

    code = "keys_left"


@dataclass(slots=True)
class Rollover:
    """What the phases share."""

    keys: Collection
    holder: KeyHolder
    epochs: EpochKeys
    progress: Progress
    epoch: int = 0
    rewrapped: int = 0
    destroyed: tuple[int, ...] = ()


Phase = Callable[[Rollover], Awaitable[None]]


async def rotate(
    keys: Collection, holder: KeyHolder, epochs: EpochKeys, progress: Progress
) -> Rollover:
    """Roll over to a new epoch, or finish what an earlier call began; errors name what to do.

    `keys` must come with read and write concern majority (`mongo.keys_collection`).
    """
    rollover = Rollover(keys, holder, epochs, progress)
    with epochs.lock():
        for phase in PHASES:
            await phase(rollover)
    return rollover


async def _check(rollover: Rollover) -> None:
    keys, newest = rollover.keys, rollover.holder.current_epoch
    await Vault(keys, rollover.holder).check()
    with reaching("MongoDB"), pymongo.timeout(_PATIENCE):
        some = await keys.find_one({}, projection={"_id": True})
        ahead = await keys.find_one({"epoch": {"$gt": newest}}, projection={"epoch": True})
    if ahead:
        raise KeyFolderBehind(
            f"The keys in the database are of epoch {ahead['epoch']}, the key folder ends at"
            f" {newest}: restore the folder's newest copy."
        )
    # An empty database is most likely not the one that is meant, and none would be left in it.
    if some is None and not await fenced_at(keys):
        raise NotFound(
            f"The database {keys.database.name} holds no keys: check DSR_MONGO_URL and DSR_KEYS_DB."
        )


async def _make(rollover: Rollover) -> None:
    rollover.epoch = await asyncio.to_thread(rollover.epochs.make)


async def _admit(rollover: Rollover) -> None:
    await asyncio.to_thread(rollover.epochs.admit, rollover.epoch)
    await asyncio.to_thread(rollover.holder.reload)


async def _fence(rollover: Rollover) -> None:
    await raise_fence(rollover.keys, rollover.epoch)


async def _rewrap(rollover: Rollover) -> None:
    total, done = await _left(rollover), 0
    rollover.progress(done, total)
    last: str | None = None
    unreadable, first = 0, ""
    while rows := await _next(rollover, last):
        last = rows[-1]["_id"]
        done += len(rows)
        updates = []
        for row in rows:
            try:
                updates.append(_update(rollover.holder, row))
            except (KeyGone, SealBroken):
                unreadable, first = unreadable + 1, first or row["_id"]
        if updates:
            with reaching("MongoDB"):
                result = await rollover.keys.bulk_write(updates, ordered=False)
            rollover.rewrapped += result.modified_count
        # More than were counted: what workers inserted before the fence.
        rollover.progress(done, max(done, total))
    if unreadable:
        raise KeysLeft(
            f"No key of the folder opens {unreadable} of the wrapped keys, the first is {first!r}:"
            " restore the keys database's newest backup, or delete those that nothing needs."
        )


async def _retire(rollover: Rollover) -> None:
    if left := await _left(rollover):
        raise KeysLeft(
            f"{left} keys are still wrapped under an older epoch: run `dsr keys rotate` again."
        )
    await asyncio.to_thread(rollover.epochs.retire, rollover.epoch)
    await asyncio.to_thread(rollover.holder.reload)


async def _destroy(rollover: Rollover) -> None:
    rollover.destroyed = await asyncio.to_thread(rollover.epochs.destroy, rollover.epoch)


PHASES: Final[tuple[Phase, ...]] = (_check, _make, _admit, _fence, _rewrap, _retire, _destroy)


async def _left(rollover: Rollover) -> int:
    with reaching("MongoDB"), pymongo.timeout(_PATIENCE):
        return await rollover.keys.count_documents({"epoch": {"$lt": rollover.epoch}})


async def _next(rollover: Rollover, last: str | None) -> list[dict[str, Any]]:
    """The next batch by name, a query of its own: no cursor that could expire or be cut off."""
    query: dict[str, Any] = {"epoch": {"$lt": rollover.epoch}}
    if last is not None:
        query["_id"] = {"$gt": last}
    with reaching("MongoDB"), pymongo.timeout(_PATIENCE):
        cursor = rollover.keys.find(query, projection={"epoch": True, "wrapped": True})
        return await cursor.sort("_id", 1).limit(BATCH).to_list(None)


def _update(holder: KeyHolder, row: dict[str, Any]) -> UpdateOne:
    """Changes nothing where the key was deleted, or is not the one that was read."""
    key = holder.unwrap(Wrapped(row["epoch"], row["wrapped"]), row["_id"])
    new = holder.wrap(key, row["_id"])
    return UpdateOne(
        {"_id": row["_id"], "wrapped": row["wrapped"]},
        {"$set": {"epoch": new.epoch, "wrapped": new.sealed}},
    )
