"""What is old enough: asked of the database roughly, judged exactly on what was read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any

from schemas.datamap import RetentionRule
from workers.adapters.mongo import Database
from workers.adapters.subject_data.sessions import Document


def query(rule: RetentionRule, now: datetime) -> dict[str, Any] | None:
    """Finds all documents that may be due; None where nothing can be."""
    latest = rule.after.latest_start(now)
    return None if latest is None else {rule.since.query: {"$lte": latest}}


async def pages(
    db: Database,
    rule: RetentionRule,
    now: datetime,
    *,
    tops: Iterable[str] | None,
    size: int,
) -> AsyncIterator[list[Document]]:
    """The documents that may be due, so many at a time; with `tops` only these parts of them."""
    asked = query(rule, now)
    if asked is None:
        return
    projection: Mapping[str, Any] | None = None if tops is None else dict.fromkeys(tops, 1)
    page: list[Document] = []
    async for document in db[rule.collection].find(asked, projection, batch_size=size):
        page.append(document)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page
