"""Turns a plain field of a live database into a sealed one, and back: `dsr seal`.

The map comes first: it says `sealed` before, during and after a sealing, and until an undoing is
over. Whoever reads by such a map takes a binary for sealed and anything else as it stands, finds
people by the digest and (while an index on the plain path stands) by plain values too, and seals
what it corrects: workers and this may run together, in any order. Workers that still have the old
map must not: they would tell recipients the sealed bytes. So: map, restart of all workers, `seal`;
and back: `seal --undo`, stop, once more for what was corrected meanwhile, map, start.

Nothing is remembered between runs. Each value says itself whether it is done, so a run that was
killed is finished by the next, and a second run changes nothing. Every update compares the value
that it replaces, and what makes it the subject's: an application that writes beside us loses
nothing; what it writes plain behind us is `left`, and the next run's. People with an open
restriction or deletion are left alone until that is over.

Memory is flat: people come in pages by `_id`, and so do the documents of each page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from schemas.errors import DataMapError, ValueRefused
from schemas.request import SubjectRef
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.control import COLLECTION, Control, control_id, projection
from workers.adapters.subject_data.conversions import (
    Group,
    Run,
    Work,
    halves,
    judge,
    open_spot,
    seal_spot,
    stands_anywhere,
)
from workers.adapters.subject_data.items import known_id, owner
from workers.adapters.subject_data.keys import parse_key
from workers.adapters.subject_data.owners import Needles, TooMany
from workers.adapters.subject_data.places import Place, Site, SubjectModel
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document, readable, snapshot
from workers.adapters.subject_data.ties import keys_in, tie_values
from workers.adapters.subject_data.updates import Draft
from workers.ports.conversion import ConversionReport, Converted, Tell

PEOPLE: Final = 200
"""People who are gone through together."""
DOCUMENTS: Final = 1_000
"""Documents of theirs that are held at once."""
_TRIES: Final = 5
"""Times that a page is read anew because somebody wrote in it."""
_HERE: Final = "The company's database"


class Converter:
    """`convert`, over the whole of one company database."""

    def __init__(
        self, db: Database, models: Mapping[str, SubjectModel], vault: Vault, tokens: Tokens
    ) -> None:
        self._db = readable(db)
        self._models = models
        self._vault = vault
        self._tokens = tokens

    async def convert(
        self, field: str, *, undo: bool, dry_run: bool, tell: Tell
    ) -> ConversionReport:
        """Every placement that the map has sealed, in all subject types that have the field.

        `DataMapError` where the map has no such field, or has it sealed nowhere.
        """
        runs = [self._run(model, field, undo, dry_run) for model in self._models.values()]
        runs = [run for run in runs if run.sites]
        if not runs:
            known = any(field in model.fields for model in self._models.values())
            raise DataMapError(
                field,
                "say `protection: sealed` first (`--undo` as well: say `plain` once it is over)"
                if known
                else "there is no such field",
            )
        people = 0
        with reaching(_HERE):
            for run in runs:
                home = self._db[run.model.home.collection]
                total = people + await home.estimated_document_count()
                async for page in self._people(run):
                    await self._page(run, page)
                    people += len(page)
                    tell(people, max(people, total))
                await self._look_again(run)
        collections = tuple(tally for run in runs for tally in run.tallies.values())
        return ConversionReport(field, undo, dry_run, people, collections)

    def _run(self, model: SubjectModel, field: str, undo: bool, dry_run: bool) -> Run:  # noqa: FBT001
        sites: dict[Site, list[Place]] = {}
        for site, place in model.places.get(field, ()):
            if place.placement.sealed:
                sites.setdefault(site, []).append(place)
        return Run(
            model=model,
            field=field,
            undo=undo,
            dry_run=dry_run,
            sites=tuple((site, tuple(places)) for site, places in sites.items()),
            tallies={site.collection: Converted(model.name, site.collection) for site in sites},
        )

    async def _people(self, run: Run) -> AsyncIterator[dict[str, Document]]:
        """The subjects' home documents by key, page by page."""
        model = run.model
        query: dict[str, Any] = {}
        tied = [model.home_place(tie) for site, _ in run.sites if (tie := site.tie)]
        tops = {model.key.steps[0]}.union(*(place.tops for place in tied if place is not None))
        home = self._db[model.home.collection]
        while True:
            cursor = home.find(query, dict.fromkeys(sorted(tops), 1)).sort("_id", 1).limit(PEOPLE)
            found = await cursor.to_list(None)
            if not found:
                return
            query = owning.behind({}, found[-1]["_id"])
            yield {key: document for document in found for key in sorted(keys_in(model, document))}

    async def _page(self, run: Run, people: Mapping[str, Document]) -> None:
        homes = dict(enumerate(people.items()))
        keys = {number: key for number, (key, _) in homes.items()}
        tied = sorted({site.tie for site, _ in run.sites if site.tie})
        async with snapshot(self._db) as reader:
            ties = await tie_values(reader, run.model, homes, tied)
        group = Group(keys, ties, await self._blocked(run, keys))
        for site, places in run.sites:
            await self._site(run, site, places, group)

    async def _blocked(self, run: Run, keys: Mapping[int, str]) -> dict[int, str]:
        model = run.model
        ids = {n: control_id(model.name, parse_key(key, model.key_type)) for n, key in keys.items()}
        cursor = self._db[COLLECTION].find({"_id": {"$in": list(ids.values())}}, projection(()))
        found = {known_id(document["_id"]): document for document in await cursor.to_list(None)}
        made = {}
        for number, id_ in ids.items():
            control = Control.read(id_, found.get(known_id(id_)))
            if control.deletion is not None:
                made[number] = "deleting"
            elif control.progress:
                made[number] = "correcting"
            elif run.field in control.restricted:
                made[number] = "restricted"
        return made

    async def _site(self, run: Run, site: Site, places: tuple[Place, ...], group: Group) -> None:
        try:
            async with snapshot(self._db) as reader:
                wanted = await owning.needles(reader, run.model, site, group.keys, group.ties)
        except TooMany:
            if len(group.keys) == 1:
                run.tally(site).skip("too_many")
                return
            for half in halves(group):
                await self._site(run, site, places, half)
            return
        after: tuple[Any, ...] | None = ()
        while after is not None:
            after = await self._documents(run, site, places, wanted, group=group, after=after)

    async def _documents(  # noqa: PLR0913 - what to read, whose, and from where on
        self,
        run: Run,
        site: Site,
        places: tuple[Place, ...],
        wanted: Needles,
        *,
        group: Group,
        after: tuple[Any, ...],
    ) -> tuple[Any, ...] | None:
        """Convert the next documents; from where to go on, None at the end."""
        tally = run.tally(site)
        behind: tuple[Any, ...] | None = None
        refused = waiting = 0
        for attempt in range(_TRIES):
            async with snapshot(self._db) as reader:
                read = await owning.documents(
                    reader, site, places, wanted, limit=DOCUMENTS, after=after
                )
            page = read.documents[:DOCUMENTS]
            behind = (page[-1]["_id"],) if len(read.documents) > len(page) else None
            # What was counted at the first look is met again at the others.
            seen = tally if attempt == 0 else Converted("", "")
            work = list(judge(run, replace(read, documents=page), group, seen))
            if run.dry_run:
                tally.converted += len(work)
                break
            updates = await self._updates(run, work, group, seen)
            done, refused = await self._write(site.collection, updates)
            tally.converted += done
            waiting = len(updates) - done - refused
            if not waiting:
                break
        tally.skip("refused", refused)
        tally.skip("busy", waiting)
        return behind

    async def _updates(
        self, run: Run, work: Sequence[Work], group: Group, tally: Converted
    ) -> list[UpdateOne]:
        model = run.model
        refs = {one.number: SubjectRef(type=model.name, key=group.keys[one.number]) for one in work}
        names = {
            number: key_name(ref, self._tokens.pseudonym(ref.type, ref.key))
            for number, ref in refs.items()
        }
        keys = await self._vault.data_keys(names.values(), create=not run.undo) if names else {}
        updates = []
        for one in work:
            person = owner(model, group.keys[one.number], self._tokens, keys.get(names[one.number]))
            draft, found = Draft(one.document["_id"]), True
            try:
                for spot in one.spots:
                    if run.undo:
                        open_spot(spot, one.document, person, draft)
                    else:
                        found &= seal_spot(spot, one.document, person, draft)
                updates.append(draft.update())
                tally.unfound += not found
            except ValueRefused as refusal:
                tally.skip(refusal.code)
        return updates

    async def _write(self, collection: str, updates: Sequence[UpdateOne]) -> tuple[int, int]:
        """How many found what they replace, and how many the database refused."""
        if not updates:
            return 0, 0
        try:
            result = await self._db[collection].bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            if details.get("writeConcernErrors"):
                raise
            return details["nMatched"], len(details["writeErrors"])
        return result.matched_count, 0

    async def _look_again(self, run: Run) -> None:
        """What stands in the old form now, whoever's it is."""
        for collection, tally in run.tallies.items():
            places = [p for s, found in run.sites for p in found if s.collection == collection]
            tops = sorted(frozenset[str]().union(*(place.tops for place in places)))
            cursor = self._db[collection].find({}, dict.fromkeys(tops, 1), batch_size=DOCUMENTS)
            async for document in cursor:
                tally.left += any(stands_anywhere(p, document, sealed=run.undo) for p in places)
            known = sum(tally.skipped.values()) + (tally.converted if run.dry_run else 0)
            tally.skip("unreached", max(0, tally.left - known))
