"""Holds the data map against the live database, changing nothing: `dsr datamap check`.

1. Paths that look personal and are in no field of the map.
2. Recipients that the disclosure ledger names and the map does not know.
3. Every correction, and every withdrawal of a consent, tried on samples in an aborted transaction,
   so that a validator of the database that would refuse it is known before the first request.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pymongo.errors import BulkWriteError

from schemas.datamap import DataMap
from schemas.datamap.links import anchor
from schemas.errors import DsrError
from schemas.request import SubjectRef
from workers.adapters.mongo import DUPLICATE_KEY, Database, reaching
from workers.adapters.subject_data.current import CurrentReader
from workers.adapters.subject_data.group import plan_group
from workers.adapters.subject_data.items import prepare
from workers.adapters.subject_data.keys import key_text
from workers.adapters.subject_data.owners import TooMany
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.purposes import name_of
from workers.adapters.subject_data.sealing import Tokens, Vault
from workers.adapters.subject_data.sessions import transaction
from workers.adapters.subject_data.writes import ItemRefused
from workers.ports import Correct, RecordEffect, WithdrawConsent

SAMPLES: Final = 200
"""Documents of a collection that are looked into."""
TRIED: Final = 3
"""Subjects of a type on whom each correction is tried."""
_MISFIT: Final = 0
"""No code of the database: the value does not fit the type that stands there."""
_TRIAL: Final = "trial"

_TELLING_NAME: Final = re.compile(
    r"(^|[_.])(name|e?mail|phone|tel|mobile|address|birth\w*|gender|ssn|rrn|passport|ip)($|[_.])"
    r"|이름|성명|주소|전화|생년",
    re.IGNORECASE,
)
_TELLING_VALUE: Final = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}|(\+82|0)1\d[- ]?\d{3,4}[- ]?\d{4}|\d{6}-[1-8]\d{6}", re.IGNORECASE
)

Kind = Literal["unmapped", "unknown_recipient", "refused"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at; `fatal` where a right could not be honoured. Never holds a value."""

    kind: Kind
    where: str
    fatal: bool
    advice: str


class Survey:
    """Looks at one company database."""

    def __init__(  # noqa: PLR0913 - it tries what all of these do together
        self,
        db: Database,
        datamap: DataMap,
        models: Mapping[str, SubjectModel],
        current: CurrentReader,
        *,
        vault: Vault,
        tokens: Tokens,
    ) -> None:
        self._db = db
        self._datamap = datamap
        self._models = models
        self._current = current
        self._vault = vault
        self._tokens = tokens

    async def findings(self) -> list[Finding]:
        """All of them, in the order of the module's list."""
        with reaching("The company's database"):
            return [
                *[finding async for finding in self._unmapped()],
                *[finding async for finding in self._recipients()],
                *[finding async for finding in self._trials()],
                *[finding async for finding in self._withdrawals()],
            ]

    async def _unmapped(self) -> AsyncIterator[Finding]:
        mapped = _mapped_paths(self._datamap)
        names = await self._db.list_collection_names(filter={"type": "collection"})
        for name in sorted(names):
            if name.startswith(("system.", "dsr_")):
                continue
            telling: set[str] = set()
            async for document in self._db[name].aggregate([{"$sample": {"size": SAMPLES}}]):
                telling |= {path for path, value in _leaves(document) if _tells(path, value)}
            for path in sorted(telling):
                if not any(_covers(known, path) for known in mapped.get(name, ())):
                    yield Finding(
                        "unmapped",
                        f"{name}.{path}",
                        fatal=False,
                        advice="looks personal: map it as a field or a copy, or know why not",
                    )

    async def _recipients(self) -> AsyncIterator[Finding]:
        for ledger in self._datamap.disclosures:
            stored = await self._db[ledger.collection].distinct(ledger.recipient.query)
            for name in sorted(map(str, stored)):
                if ledger.recipient_names.get(name, name) not in self._datamap.recipients:
                    yield Finding(
                        "unknown_recipient",
                        f"{ledger.collection}.{ledger.recipient}: {name}",
                        fatal=True,
                        advice="received data and could not be told: add it to the recipients",
                    )

    async def _trials(self) -> AsyncIterator[Finding]:
        for subject_type, model in self._models.items():
            samples = await self._samples(model)
            fields = [n for n, f in model.fields.items() if f.correctable != "no"]
            for name in fields:
                for person, other in zip(samples, samples[1:] + samples[:1], strict=True):
                    code = await self._try(
                        SubjectRef(type=subject_type, key=person),
                        SubjectRef(type=subject_type, key=other),
                        name,
                    )
                    if code is not None:
                        yield Finding(
                            "refused",
                            f"{subject_type}.{name} (code {code})",
                            fatal=True,
                            advice="the database refuses a correction: look at its validator",
                        )
                        break

    async def _withdrawals(self) -> AsyncIterator[Finding]:
        for subject_type, model in self._models.items():
            samples = await self._samples(model) if model.purposes else []
            for purpose in map(name_of, model.purposes):
                for person in samples:
                    ref = SubjectRef(type=subject_type, key=person)
                    effect = WithdrawConsent(_TRIAL, ref, (purpose,), datetime.now(UTC))
                    code = await self._tried(effect)
                    if code is not None:
                        yield Finding(
                            "refused",
                            f"{subject_type}.purposes.{purpose} (code {code})",
                            fatal=True,
                            advice="the consent cannot be withdrawn: look at the database's"
                            " validator, and whether the map's value has the type that stands",
                        )
                        break

    async def _samples(self, model: SubjectModel) -> list[str]:
        pipeline = [{"$sample": {"size": TRIED}}, {"$project": {model.key.query: 1}}]
        keys = []
        async for document in self._db[model.home.collection].aggregate(pipeline):
            value: Any = document
            for step in model.key.query.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            text = None if value is None else key_text(value, model.key_type)
            if text is not None:
                keys.append(text)
        return keys

    async def _try(self, person: SubjectRef, other: SubjectRef, field: str) -> int | None:
        """Give one the other's value, and take it back; the database's code where it refuses."""
        try:
            value = (await self._current.current(other, (field,))).values.get(field)
            if value is None:
                return None
        except DsrError:
            return None
        code = await self._tried(Correct(_TRIAL, person, {field: value}))
        # Two people may not share what a unique index guards; that is what it is for. What another
        # has in another type is no fault of the map.
        return None if code in {DUPLICATE_KEY, _MISFIT} else code

    async def _tried(self, effect: RecordEffect) -> int | None:
        """Done and taken back; the database's code where it refuses."""
        try:
            items, _ = await prepare([effect], self._models, self._vault, self._tokens)
            async with transaction(self._db, commit=False) as tx:
                planned = await plan_group(tx, items)
                await planned.writes.write(tx)
        except ItemRefused as refused:
            cause = refused.__cause__
            assert isinstance(cause, BulkWriteError)
            return int((cause.details or {})["writeErrors"][0]["code"])
        except (DsrError, TooMany):
            return None
        misfit = any(result.outcome == "refused" for result in planned.results.values())
        return _MISFIT if misfit else None


def _mapped_paths(datamap: DataMap) -> dict[str, set[str]]:
    """Per collection, what the map speaks of: fields, copies, keys, links and ledgers."""
    paths: dict[str, set[str]] = {name: set() for name in datamap.collections}
    for subject, declared in datamap.subjects.items():
        paths[declared.home].add(declared.key.query)
        for name, field in declared.fields.items():
            for place in datamap.placements(subject, name):
                found = {path.query for path in place.paths} | {place.path.query}
                paths.setdefault(place.collection, set()).update(found)
                paths[place.collection].add(anchor(place.link).query)
            if field.blind_index is not None:
                paths[declared.home].add(field.blind_index.query)
        for name, purpose in declared.purposes.items():
            places = datamap.consent_places(subject, name)
            for consent, place in zip(purpose.consents, places, strict=True):
                also = {consent.when.query} if consent.when else set()
                paths.setdefault(place.collection, set()).update({place.path.query, *also})
    for ledger in datamap.disclosures:
        known = (ledger.subject_key, ledger.recipient, ledger.fields, ledger.at)
        paths.setdefault(ledger.collection, set()).update(path.query for path in known)
    return paths


def _covers(known: str, path: str) -> bool:
    """A mapped path covers itself and what lies below it; `$key` stands for any one name."""
    pattern = re.escape(known).replace(re.escape("$key"), r"[^.]+")
    return re.fullmatch(pattern + r"(\..*)?", path) is not None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _leaves(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for element in value:
            yield from _leaves(element, path)
    else:
        yield path, value


def _tells(path: str, value: Any) -> bool:
    if isinstance(value, str) and _TELLING_VALUE.search(value):
        return True
    return isinstance(value, str | int) and _TELLING_NAME.search(path) is not None
