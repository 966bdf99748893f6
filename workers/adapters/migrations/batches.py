"""A collection in batches, in the order of its ids, from where an earlier run was broken off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from workers.adapters.mongo import Collection

Keep = Callable[[Any], Awaitable[None]]
"""Remembers the last id that is done."""
SIZE = 500


async def in_batches(collection: Collection, after: Any) -> AsyncIterator[list[Any]]:
    """The ids above `after`, or all of them where it is None."""
    while True:
        query = {} if after is None else {"_id": {"$gt": after}}
        rows = await collection.find(query, {"_id": 1}).sort("_id", 1).to_list(SIZE)
        if not rows:
            return
        after = rows[-1]["_id"]
        yield [row["_id"] for row in rows]
