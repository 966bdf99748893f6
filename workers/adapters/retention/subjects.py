"""People whose purpose ended: for each a deletion is opened, which the workers carry out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from schemas.datamap import RetentionRule
from schemas.expired import Ended
from schemas.request import SubjectRef
from workers.adapters.mongo import Database, reaching
from workers.adapters.request_store import RequestStore
from workers.adapters.retention import due
from workers.adapters.retention.openings import Openings
from workers.adapters.retention.tally import Tally
from workers.adapters.subject_data.control import COLLECTION, control_id
from workers.adapters.subject_data.items import known_id
from workers.adapters.subject_data.keys import parse_key
from workers.adapters.subject_data.records import ended
from workers.adapters.subject_data.rules import ErasureRules
from workers.adapters.subject_data.sealing import Tokens
from workers.ports.retention import Swept

PAGE: Final = 50


class Subjects:
    """The rules with a subject."""

    def __init__(
        self,
        db: Database,
        rules: Mapping[str, ErasureRules],
        *,
        requests: RequestStore,
        openings: Openings,
        tokens: Tokens,
    ) -> None:
        self._db = db
        self._rules = rules
        self._requests = requests
        self._openings = openings
        self._tokens = tokens

    async def sweep(self, rule: RetentionRule, tally: Tally) -> None:
        """Everybody in the rule's home collection who is due and whom nothing keeps."""
        assert rule.subject is not None
        model = self._rules[rule.subject].model
        tops = {model.key.steps[0], rule.since.steps[0]}
        with reaching("The company's database"):
            async for page in due.pages(self._db, rule, tally.now, tops=tops, size=PAGE):
                found = [
                    Ended(
                        rule=rule.name,
                        subject=SubjectRef(type=rule.subject, key=key),
                        pseudonym=self._tokens.pseudonym(rule.subject, key),
                        since=since,
                    )
                    for document in page
                    for key, since in ended(document, model, rule, tally.now)
                ]
                free = await self._free(found, tally)
                if free and not tally.dry_run:
                    free = await self._openings.begin(free, tally.now)
                await tally.add(_going(rule, free))

    async def _free(self, found: Sequence[Ended], tally: Tally) -> list[Ended]:
        """Those without an open request and without restricted data; the others are counted."""
        if not found:
            return []
        opened = await self._requests.load([one.request for one in found])
        asking = await self._requests.open_of([one.pseudonym for one in found])
        ids = {one.request: self._control_id(one.subject) for one in found}
        controls = {
            known_id(row["_id"]): row
            async for row in self._db[COLLECTION].find(
                {"_id": {"$in": list(ids.values())}},
                {"restricted": 1, "progress": 1, "deletion.request": 1},
            )
        }
        free = []
        for one in found:
            control = controls.get(known_id(ids[one.request]), {})
            if "deletion" in control or one.request in opened:
                continue  # on its way, by a request
            if one.pseudonym in asking or control.get("restricted") or control.get("progress"):
                tally.left_alone += 1
            else:
                free.append(one)
        return free

    def _control_id(self, ref: SubjectRef) -> Any:
        kind = self._rules[ref.type].model.key_type
        return control_id(ref.type, parse_key(ref.key, kind))


def _going(rule: RetentionRule, free: Iterable[Ended]) -> list[Swept]:
    times = [one.since for one in free]
    return [
        Swept(
            what="subject",
            name=rule.name,
            collection=rule.collection,
            documents=len(times),
            oldest=min(times, default=None),
        )
    ]
