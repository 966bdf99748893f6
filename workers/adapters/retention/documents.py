"""Documents that have had their time: they go, to the archive first where a law keeps them longer.

Fails closed: what a law keeps and nothing says until when, or whose it is, stays and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.datamap import Archive, DataMap, RetentionRule
from schemas.datamap.deletion import DocumentDeletion
from schemas.destruction import BY_AGE
from schemas.evidence import Finding
from schemas.request import SubjectRef
from workers.adapters.erasure import Keys
from workers.adapters.mongo import Database, reaching
from workers.adapters.retention import due
from workers.adapters.retention.tally import Tally
from workers.adapters.retention.whose import KeptSite, Owners
from workers.adapters.subject_data.changes import Owner
from workers.adapters.subject_data.positions import values
from workers.adapters.subject_data.records import since as since_when
from workers.adapters.subject_data.removal import Keep, Moment, Removal
from workers.adapters.subject_data.removals import remove
from workers.adapters.subject_data.rules import ID, ErasureRules
from workers.adapters.subject_data.sealing import Seal, Tokens, key_name
from workers.adapters.subject_data.sessions import Document
from workers.ports import archive
from workers.ports.retention import Swept

PAGE: Final = 1000
KEPT_PAGE: Final = 200
"""The same where documents are read whole."""
_HERE: Final = "The company's database"


@dataclass(frozen=True, slots=True)
class _Judged:
    """A document that goes, since when, and what of it is kept for whom."""

    id: Any
    since: datetime
    keeps: tuple[tuple[str, Keep], ...] = ()


class Documents:
    """The rules without a subject."""

    def __init__(  # noqa: PLR0913 - everything that a deletion of documents reaches
        self,
        db: Database,
        datamap: DataMap,
        rules: Mapping[str, ErasureRules],
        *,
        archive: archive.Archive,
        keys: Keys,
        tokens: Tokens,
    ) -> None:
        self._db = db
        self._datamap = datamap
        self._rules = rules
        self._archive = archive
        self._keys = keys
        self._tokens = tokens

    async def sweep(self, rule: RetentionRule, tally: Tally) -> None:
        """Everything in the rule's collection that is due, page by page."""
        sites = self._sites(rule.collection)
        kept = bool(sites) or isinstance(self._whole(rule), Archive)
        tops = None if kept else [rule.since.steps[0]]
        size = KEPT_PAGE if kept else PAGE
        with reaching(_HERE):
            async for page in due.pages(self._db, rule, tally.now, tops=tops, size=size):
                ended = [
                    (document, since)
                    for document in page
                    if (since := since_when(values(document, rule.since.steps), rule, tally.now))
                ]
                if kept:
                    judged = await self._judge(rule, sites, ended, tally)
                else:
                    judged = [_Judged(document[ID], since) for document, since in ended]
                await self._destroy(rule, judged, tally)

    def _sites(self, collection: str) -> list[KeptSite]:
        """Those by which a law keeps something of the collection; mostly there are none."""
        return [
            KeptSite(site, rules)
            for rules in self._rules.values()
            for site in rules.plan(None)
            if site.site.collection == collection and site.archives
        ]

    def _whole(self, rule: RetentionRule) -> DocumentDeletion:
        return self._datamap.collections[rule.collection].on_delete

    async def _judge(
        self,
        rule: RetentionRule,
        sites: Sequence[KeptSite],
        ended: Sequence[tuple[Document, datetime]],
        tally: Tally,
    ) -> list[_Judged]:
        documents = [document for document, _ in ended]
        owners = [await one.owners(self._db, documents) for one in sites]
        seals = await self._seals(sites, owners)
        moment = Moment(tally.now, tally.now, self._datamap.retention_bases)
        made = []
        for number, (document, since) in enumerate(ended):
            keeps: list[tuple[str, Keep]] = []
            stuck: list[tuple[str, str]] = []
            for one, of_each in zip(sites, owners, strict=True):
                for key, holds in of_each[number].items():
                    into = Removal(rule.collection, document[ID], str(one.site.site.anchor))
                    pseudonym = self._tokens.pseudonym(one.subject_type, key)
                    owner = Owner(key, seals.get(key_name(_ref(one, key), pseudonym)))
                    remove(one.site, document, owner, holds, moment=moment, into=into)
                    keeps += [(pseudonym, keep) for keep in into.keeps]
                    stuck += into.stuck
            if not any(of_each[number] for of_each in owners):
                stuck = self._unowned(rule, sites, document, moment)
            if stuck:
                tally.find(*_findings(rule, stuck))
            else:
                made.append(_Judged(document[ID], since, tuple(keeps)))
        return made

    def _unowned(
        self, rule: RetentionRule, sites: Sequence[KeptSite], document: Document, moment: Moment
    ) -> list[tuple[str, str]]:
        """Why a document that names nobody stays; nothing where no law keeps it any longer."""
        whole = self._whole(rule)
        if not isinstance(whole, Archive):
            far = [str(one.site.site.anchor) for one in sites if one.ties]
            return [(path, "left_over") for path in far]
        path = str(whole.since or ID)
        times: Iterable[Any] = values(document, whole.since.steps) if whole.since else ()
        until = moment.until(whole, times)
        if until is None:
            return [(path, "no_basis")]
        return [] if until <= moment.now else [(path, "left_over")]

    async def _seals(
        self, sites: Sequence[KeptSite], owners: Sequence[Sequence[Owners]]
    ) -> dict[str, Seal]:
        """What opens the sealed values of the owners, by the name of their key."""
        pseudonyms = {}
        for one, of_each in zip(sites, owners, strict=True):
            if one.site.sealed:
                for key in {key for some in of_each for key in some}:
                    pseudonym = self._tokens.pseudonym(one.subject_type, key)
                    pseudonyms[key_name(_ref(one, key), pseudonym)] = pseudonym
        found = await self._keys.data_keys(pseudonyms) if pseudonyms else {}
        return {name: Seal(key, pseudonyms[name]) for name, key in found.items()}

    async def _destroy(self, rule: RetentionRule, judged: Sequence[_Judged], tally: Tally) -> None:
        kept = [one for one in judged if one.keeps]
        gone = len(judged)
        if not tally.dry_run and judged:
            await self._archive.keep([item for one in kept for item in _items(rule, one)])
            # Whatever an application has made younger since it was read is not due any more.
            still = due.query(rule, tally.now) or {}
            result = await self._db[rule.collection].delete_many(
                {"$and": [{ID: {"$in": [one.id for one in judged]}}, still]}
            )
            gone = result.deleted_count
        await tally.add(
            [
                Swept(
                    what="documents",
                    name=rule.name,
                    collection=rule.collection,
                    documents=gone,
                    archived=min(len(kept), gone),
                    oldest=min((one.since for one in judged), default=None),
                )
            ]
        )


def _ref(one: KeptSite, key: str) -> SubjectRef:
    return SubjectRef(type=one.subject_type, key=key)


def _items(rule: RetentionRule, judged: _Judged) -> list[archive.ArchiveItem]:
    return [
        archive.ArchiveItem(
            pseudonym=pseudonym,
            basis=keep.basis,
            collection=rule.collection,
            document_id=keep.document_id,
            document=keep.document,
            destroy_after=keep.until,
            request=f"{BY_AGE}{rule.name}",
        )
        for pseudonym, keep in judged.keeps
    ]


def _findings(rule: RetentionRule, stuck: Sequence[tuple[str, str]]) -> list[Finding]:
    path, why = stuck[0]
    return [
        Finding.model_validate(
            {"collection": rule.collection, "path": path, "documents": 1, "why": why}
        )
    ]
