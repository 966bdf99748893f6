"""Whose a document is that is about to go: from the document on, over others, to a subject's key.

The other way round as in a deletion, which starts from the subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from bson import Regex

from schemas.datamap import Hop, KeyedObjectLink, KeyLink, Path
from workers.adapters.mongo import Database
from workers.adapters.subject_data.changes import Test
from workers.adapters.subject_data.keys import identity, key_text
from workers.adapters.subject_data.positions import MISSING, Scope, positions, resolve, values
from workers.adapters.subject_data.rules import ErasureRules, ErasureSite
from workers.adapters.subject_data.sessions import Document

Owners = dict[str, Test]
"""Everybody whose a document is, by key: whether a value at its anchor leads to them."""

_Leads = list[tuple[Hashable, Any]]
"""Values at a document's anchor, by identity, each with a value that it has led to."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptSite:
    """How documents of a collection are a subject's, and what of them a law keeps."""

    site: ErasureSite
    rules: ErasureRules

    @property
    def subject_type(self) -> str:
        """The subject's."""
        return self.rules.model.name

    @property
    def ties(self) -> bool:
        """Whether only a value of the person's leads there: then nobody is told from a document."""
        return not isinstance(self.site.site.end, KeyLink | KeyedObjectLink)

    async def owners(self, db: Database, documents: Sequence[Document]) -> list[Owners]:
        """Of each document."""
        site = self.site.site
        if self.ties:
            return [{} for _ in documents]
        anchors = [site.anchor, *(hop.local for hop in site.hops[1:]), site.end_anchor]
        found: list[_Leads] = [
            [(identity(value), value) for value in values(document, site.anchor.steps)]
            for document in documents
        ]
        for hop, anchor in zip(site.hops, anchors[1:], strict=False):
            found = await _across(db, hop, anchor, found)
        return [self._owners(leads) for leads in found]

    def _owners(self, leads: _Leads) -> Owners:
        end = self.site.site.end
        by_key: dict[str, set[Hashable]] = defaultdict(set)
        for first, value in leads:
            if isinstance(end, KeyedObjectLink):
                for name in value if isinstance(value, dict) else ():
                    by_key[name].add(first)
            elif isinstance(end, KeyLink):
                text = key_text(value, end.key_type or self.rules.model.key_type)
                if text is not None:
                    by_key[text].add(first)
        return {key: _is_one_of(mine) for key, mine in by_key.items()}


def _is_one_of(mine: set[Hashable]) -> Test:
    return lambda value: identity(value) in mine


async def _across(db: Database, hop: Hop, anchor: Path, found: Sequence[_Leads]) -> list[_Leads]:
    """From what documents refer to, to what stands at the next anchor."""
    # A pattern would match what it describes, and null whatever lacks the value.
    raws = {
        identity(value): value
        for leads in found
        for _, value in leads
        if value is not None and not isinstance(value, Regex)
    }
    scope = Scope.between(hop.foreign, anchor)
    behind: dict[Hashable, list[Any]] = defaultdict(list)
    if raws:
        tops = dict.fromkeys({hop.foreign.steps[0], anchor.steps[0]}, 1)
        query = {hop.foreign.query: {"$in": list(raws.values())}}
        async for document in db[hop.collection].find(query, tops):
            for place in positions(document, hop.foreign.steps):
                if place.value is not MISSING:
                    above = resolve(document, place.at[: scope.shared])
                    behind[identity(place.value)] += values(above, scope.rest)
    return [
        [(first, further) for first, value in leads for further in behind.get(identity(value), ())]
        for leads in found
    ]
