"""Who received what: the company's own records of disclosures, grouped by the database."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.datamap import EACH, DataMap, DisclosureLedger, Path
from schemas.request import SubjectRef
from workers.adapters.coalesce import Coalesced
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.keys import identity, parse_key

Received = dict[str, set[str]]
"""Per recipient the fields, both by our names."""


class Ledgers:
    """`recipients`, for as many subjects at once as are asked for."""

    def __init__(self, db: Database, datamap: DataMap) -> None:
        self._db = db
        self._datamap = datamap
        self._received: Coalesced[tuple[str, str], Received] = Coalesced(self._read, limit=64)

    async def recipients(
        self, subject: SubjectRef, fields: tuple[str, ...]
    ) -> dict[str, tuple[str, ...]]:
        """Per recipient of the map, those of the fields that it received, in the given order."""
        received = await self._received.load((subject.type, subject.key))
        possible = self._datamap.recipients_of(subject.type, set(fields))
        told = {
            name: tuple(
                field
                for field in fields
                if field in received.get(name, ()) and field in recipient.fields
            )
            for name, recipient in possible.items()
        }
        return {name: their for name, their in told.items() if their}

    async def _read(
        self, subjects: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Received]:
        made: dict[tuple[str, str], Received] = {subject: {} for subject in subjects}
        with reaching("The company's database"):
            await asyncio.gather(*(self._one(ledger, made) for ledger in self._datamap.disclosures))
        return made

    async def _one(
        self, ledger: DisclosureLedger, made: Mapping[tuple[str, str], Received]
    ) -> None:
        kind = ledger.key_type or self._datamap.subjects[ledger.subject].key_type
        raws = {
            identity(raw): (raw, subject)
            for subject in made
            if subject[0] == ledger.subject and (raw := parse_key(subject[1], kind)) is not None
        }
        if not raws:
            return
        pipeline = _pipeline(ledger, [raw for raw, _ in raws.values()])
        async for row in self._db[ledger.collection].aggregate(pipeline):
            found = row["_id"]
            _, subject = raws[identity(found["s"])]
            recipient = ledger.recipient_names.get(str(found["r"]), str(found["r"]))
            field = ledger.field_names.get(str(found["f"]), str(found["f"]))
            made[subject].setdefault(recipient, set()).add(field)


def _pipeline(ledger: DisclosureLedger, raws: list[Any]) -> list[dict[str, Any]]:
    """One row for each subject, recipient and field: as many as differ, however long the ledger."""
    wanted = {ledger.subject_key.query: {"$in": raws}}
    paths = (ledger.subject_key, ledger.recipient, ledger.fields)
    unwound = [{"$unwind": f"${path}"} for path in _arrays(paths)]
    return [
        {"$match": wanted},
        *unwound,
        *([{"$match": wanted}] if unwound else []),
        {"$unwind": f"${ledger.fields.query}"},
        {
            "$group": {
                "_id": {
                    "s": f"${ledger.subject_key.query}",
                    "r": f"${ledger.recipient.query}",
                    "f": f"${ledger.fields.query}",
                }
            }
        },
    ]


def _arrays(paths: Iterable[Path]) -> list[str]:
    """Every array that the paths go through, outer ones first, each once."""
    found: dict[str, int] = defaultdict(int)
    for path in paths:
        for depth, step in enumerate(path.steps):
            if step == EACH:
                above = Path(path.steps[:depth])
                found[above.query] = depth
    return sorted(found, key=found.__getitem__)
