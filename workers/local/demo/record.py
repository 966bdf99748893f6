"""A member's record as it stands in the company's database, flat: what changed can be listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workers.adapters import mongo
from workers.wiring import Parts

Flat = dict[str, str]
"""`collection.path` of each single value -> the value as text."""


async def read(parts: Parts, number: int) -> Flat:
    """The member's own document and everything about deliveries and orders, copies included."""
    db = mongo.database(parts.client, parts.settings.subject_db)
    orders = await db["orders"].find({"member_id": number}).to_list(None)
    wanted: Mapping[str, dict[str, Any]] = {
        "members": {"_id": number},
        "deliveries": {"order_id": {"$in": [order["_id"] for order in orders]}},
        "delivery_plans": {"member.id": str(number)},
        "delivery_zones": {"member_id": number},
        "orders": {"member_id": number},
        "member_changes": {"member_id": number},
    }
    flat: Flat = {}
    for name, query in wanted.items():
        for document in await db[name].find(query).sort("_id").to_list(None):
            place = name if name == "members" else f"{name}({document['_id']})"
            flat |= dict(_leaves(place, document))
    return flat


def _leaves(place: str, node: Any) -> Iterator[tuple[str, str]]:
    match node:
        case dict():
            for name, below in node.items():
                yield from _leaves(f"{place}.{name}", below)
        case list():
            yield place, ", ".join(map(str, node))
        case bytes():
            yield place, f"sealed, {len(node)} bytes"
        case _:
            yield place, str(node)
