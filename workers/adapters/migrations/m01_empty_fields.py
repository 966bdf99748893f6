"""Requests of before were written with every field, most of them empty.

mongod reads past them at every write. What is not there is read as its default, which is the empty
value, so both forms are read alike.
"""

from __future__ import annotations

from typing import Any

from workers.adapters.migrations.batches import Keep, in_batches
from workers.adapters.mongo import Database

_FILLED: dict[str, Any] = {
    "$arrayToObject": {
        "$filter": {
            "input": {"$objectToArray": "$$ROOT"},
            "cond": {"$not": {"$in": ["$$this.v", [None, [], {}]]}},
        }
    }
}


async def run(db: Database, after: Any, keep: Keep) -> None:
    """Rewrite each request by the server itself, whatever it holds at that moment."""
    requests = db["requests"]
    async for ids in in_batches(requests, after):
        await requests.update_many({"_id": {"$in": ids}}, [{"$replaceWith": _FILLED}])
        await keep(ids[-1])
