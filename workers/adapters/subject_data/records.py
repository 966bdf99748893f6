"""One home record, asked by its key: how the person is reached, and whether a purpose ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from schemas.datamap import RetentionRule
from schemas.request import Contact, SubjectRef
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.contacts import contact_tops, contacts
from workers.adapters.subject_data.items import owner
from workers.adapters.subject_data.keys import key_text, parse_key
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.positions import Scope, positions, resolve, values
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document


class Records:
    """Reads of one record, now."""

    def __init__(
        self, db: Database, models: Mapping[str, SubjectModel], vault: Vault, tokens: Tokens
    ) -> None:
        self._db = db
        self._models = models
        self._vault = vault
        self._tokens = tokens

    async def contacts(self, subject: SubjectRef) -> tuple[Contact, ...]:
        """On file now, best first; none where nobody is on record any more."""
        model = self._models[subject.type]
        home = await self._home(subject, contact_tops(model))
        if home is None:
            return ()
        pseudonym = self._tokens.pseudonym(subject.type, subject.key)
        name = key_name(subject, pseudonym)
        keys = await self._vault.data_keys([name])
        return contacts(model, home, owner(model, subject.key, self._tokens, keys.get(name)))

    async def has_ended(self, subject: SubjectRef, rule: RetentionRule, now: datetime) -> bool:
        """Whether the rule's time is over for this person now, as it was when it was found."""
        model = self._models[subject.type]
        home = await self._home(subject, {rule.since.steps[0]})
        found = ended(home, model, rule, now) if home is not None else ()
        return any(key == subject.key for key, _ in found)

    async def _home(self, subject: SubjectRef, tops: Iterable[str]) -> Document | None:
        model = self._models[subject.type]
        raw = parse_key(subject.key, model.key_type)
        if raw is None:
            return None
        read = dict.fromkeys({model.key.steps[0], *tops}, 1)
        with reaching("The company's database"):
            found: Document | None = await self._db[model.home.collection].find_one(
                {model.key.query: raw}, read
            )
        return found


def ended(
    document: Document, model: SubjectModel, rule: RetentionRule, now: datetime
) -> Iterator[tuple[str, datetime]]:
    """The keys of those at home in the document whose time is over, and since when."""
    scope = Scope.between(model.key, rule.since)
    for place in positions(document, model.key.steps):
        text = key_text(place.value, model.key_type)
        last = since(values(resolve(document, place.at[: scope.shared]), scope.rest), rule, now)
        if text is not None and last is not None:
            yield text, last


def since(times: Iterable[Any], rule: RetentionRule, now: datetime) -> datetime | None:
    """The last of these times if the rule's time is over since then; None: it stays."""
    known = [time for time in times if isinstance(time, datetime) and time.tzinfo]
    last = max(known, default=None)
    return last if last is not None and rule.after.is_over(last, now) else None
