"""People whose purpose ended: the whole subject goes, by the same way as on a deletion request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.datamap import DataMap, RetentionRule
from schemas.destruction import BY_AGE
from schemas.errors import PutOff
from schemas.evidence import ErasureSummary
from schemas.request import SubjectRef
from workers.adapters.erasure import Erasure, Markers
from workers.adapters.mongo import Database, reaching
from workers.adapters.request_store import RequestStore
from workers.adapters.retention import due
from workers.adapters.retention.expiries import PAGE, Expiries, Expiry
from workers.adapters.retention.tally import Tally
from workers.adapters.subject_data.control import COLLECTION, control_id
from workers.adapters.subject_data.items import known_id
from workers.adapters.subject_data.keys import key_text, parse_key
from workers.adapters.subject_data.positions import Scope, positions, resolve, values
from workers.adapters.subject_data.rules import ErasureRules
from workers.adapters.subject_data.sealing import Tokens
from workers.adapters.subject_data.sessions import Document
from workers.ports import Erase
from workers.ports.retention import Swept

_NEVER_BEGUN: Final = timedelta(hours=1)
"""After that, a deletion that has not frozen its subject is nobody's any more."""
_STALLS: Final = 20
"""Calls in a row without a step forward: somebody else is at it, or the next sweep will be."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

_Known = tuple[SubjectRef, Expiry]


class Subjects:
    """The rules with a subject."""

    def __init__(  # noqa: PLR0913 - everything that a deletion of people reaches
        self,
        db: Database,
        datamap: DataMap,
        rules: Mapping[str, ErasureRules],
        *,
        erasure: Erasure,
        requests: RequestStore,
        expiries: Expiries,
        tokens: Tokens,
    ) -> None:
        self._db = db
        self._datamap = datamap
        self._rules = rules
        self._erasure = erasure
        self._requests = requests
        self._expiries = expiries
        self._tokens = tokens
        self._markers = Markers(db)

    async def finish(self, tally: Tally) -> None:
        """What an earlier sweep has begun: deleted to the end, and certified."""
        async for page in self._expiries.begun():
            requests = [one.request for one in page]
            with reaching("The company's database"):
                found = self._db[COLLECTION].find(
                    {"deletion.request": {"$in": requests}},
                    {"type": 1, "key": 1, "deletion.request": 1},
                )
                frozen = {row["deletion"]["request"]: row async for row in found}
                markers = await self._markers.read(requests)
            open_ = [
                (ref, one)
                for one in page
                if one.request in frozen and (ref := self._ref(frozen[one.request])) is not None
            ]
            done = {
                one: ErasureSummary.model_validate(markers[one.request]["summary"])
                for one in page
                if one.request not in frozen
                and one.request in markers
                and markers[one.request]["done"]
            }
            await self._expiries.certify(done, tally)
            await self._erase(open_, tally)
            never = set(requests) - frozen.keys() - {one.request for one in done}
            await self._expiries.forget(never, begun_before=tally.now - _NEVER_BEGUN)

    async def sweep(self, rule: RetentionRule, tally: Tally) -> None:
        """Everybody in the rule's home collection who is due and whom nothing keeps."""
        assert rule.subject is not None
        key = self._rules[rule.subject].model.key
        tops = {key.steps[0], rule.since.steps[0]}
        with reaching("The company's database"):
            async for page in due.pages(self._db, rule, tally.now, tops=tops, size=PAGE):
                ended = [one for document in page for one in self._ended(rule, document, tally.now)]
                free = await self._free(ended, tally)
                if tally.dry_run:
                    await tally.add(_would_go(rule, free))
                elif free:
                    await self._expiries.begin([one for _, one in free], tally.now)
                    await self._erase(free, tally)

    def _ended(self, rule: RetentionRule, document: Document, now: datetime) -> Iterator[_Known]:
        """The subjects at home in the document whose time is over."""
        assert rule.subject is not None
        model = self._rules[rule.subject].model
        scope = Scope.between(model.key, rule.since)
        for place in positions(document, model.key.steps):
            text = key_text(place.value, model.key_type)
            times = values(resolve(document, place.at[: scope.shared]), scope.rest)
            since = due.since(times, rule, now)
            if text is None or since is None:
                continue
            pseudonym = self._tokens.pseudonym(rule.subject, text)
            request = _request(rule, pseudonym, since)
            ref = SubjectRef(type=rule.subject, key=text)
            yield ref, Expiry(request, rule.name, rule.subject, pseudonym, since)

    async def _free(self, ended: Sequence[_Known], tally: Tally) -> list[_Known]:
        """Those without an open request and without restricted data; the others are counted."""
        if not ended:
            return []
        asking = await self._requests.open_of([one.pseudonym for _, one in ended])
        ids = {one.request: self._control_id(ref) for ref, one in ended}
        controls = {
            known_id(row["_id"]): row
            async for row in self._db[COLLECTION].find(
                {"_id": {"$in": list(ids.values())}},
                {"restricted": 1, "progress": 1, "deletion.request": 1},
            )
        }
        free = []
        for ref, one in ended:
            control = controls.get(known_id(ids[one.request]), {})
            if "deletion" in control:
                continue  # on its way: by a request, or by a sweep, which finishes it
            if one.pseudonym in asking or control.get("restricted") or control.get("progress"):
                tally.left_alone += 1
            else:
                free.append((ref, one))
        return free

    async def _erase(self, known: Sequence[_Known], tally: Tally) -> None:
        """As many calls as it takes; what is blocked or not done yet stays for the next sweep."""
        waiting = {one.request: (one, Erase(one.request, ref, one.pseudonym)) for ref, one in known}
        told: dict[str, Mapping[str, Any]] = {}
        stalls = 0
        while waiting and stalls < _STALLS:
            batch = list(waiting.values())
            try:
                results = await self._erasure.apply([effect for _, effect in batch])
            except PutOff:
                return
            done: dict[Expiry, ErasureSummary] = {}
            gone, stalls = [], stalls + 1
            for (one, _), result in zip(batch, results, strict=True):
                if result.outcome == "more":
                    if told.get(one.request) != result.checkpoint:
                        told[one.request], stalls = result.checkpoint, 0
                    continue
                del waiting[one.request]
                if result.outcome == "done":
                    done[one] = result.summary
                elif result.outcome == "gone":
                    gone.append(one.request)
                else:
                    tally.find(*result.summary.findings)
            await self._expiries.certify(done, tally)
            if gone:
                await self._expiries.forget(gone)

    def _control_id(self, ref: SubjectRef) -> Any:
        kind = self._rules[ref.type].model.key_type
        return control_id(ref.type, parse_key(ref.key, kind))

    def _ref(self, control: Mapping[str, Any]) -> SubjectRef | None:
        rules = self._rules.get(control["type"])
        text = key_text(control["key"], rules.model.key_type) if rules else None
        return None if text is None else SubjectRef(type=control["type"], key=text)


def _request(rule: RetentionRule, pseudonym: str, since: datetime) -> str:
    """The same for the same end of the same purpose, at most 80 characters.

    The hour in which it ended belongs to it: whoever comes back under the same key, and leaves
    again, is deleted again. No rule is shorter than an hour, so no two ends share one.
    """
    hours = int((since - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 3600)
    short = "".join(_DIGITS[hours // 36**place % 36] for place in (3, 2, 1, 0))
    return f"{BY_AGE}{rule.name}-{pseudonym[:16]}-{short}"


def _would_go(rule: RetentionRule, free: Iterable[_Known]) -> list[Swept]:
    times = [one.since for _, one in free if one.since is not None]
    return [
        Swept(
            what="subject",
            name=rule.name,
            collection=rule.collection,
            documents=len(times),
            oldest=min(times, default=None),
        )
    ]
