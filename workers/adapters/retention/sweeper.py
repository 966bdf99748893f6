"""One sweep: everything that is due, one ground after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.datamap import DataMap
from workers.adapters.archive import ArchiveStore
from workers.adapters.mongo import Database
from workers.adapters.packages import PackageStore
from workers.adapters.request_store import RequestStore
from workers.adapters.retention.documents import Documents
from workers.adapters.retention.openings import Openings
from workers.adapters.retention.particulars import OldParticulars
from workers.adapters.retention.subjects import Subjects
from workers.adapters.retention.tally import Tally
from workers.adapters.subject_data.places import compile_map
from workers.adapters.subject_data.rules import ErasureRules
from workers.adapters.subject_data.sessions import readable
from workers.adapters.tokens import Tokens
from workers.adapters.vault import Vault
from workers.ports.retention import SweepReport, Swept, Tell, tell_nobody

ARCHIVE_PAGE: Final = 500
PACKAGE_PAGE: Final = 50


class Sweeper:
    """Destroys what is due; see the package for what makes it safe to stop and to repeat."""

    def __init__(  # noqa: PLR0913 - everything in which something may be due
        self,
        subject_db: Database,
        ours: Database,
        datamap: DataMap,
        *,
        archive: ArchiveStore,
        packages: PackageStore,
        requests: RequestStore,
        vault: Vault,
        tokens: Tokens,
        openings: Openings,
        particulars_after: timedelta,
    ) -> None:
        db = readable(subject_db)
        rules = {name: ErasureRules(datamap, model) for name, model in compile_map(datamap).items()}
        self._ours = ours
        self._rules = datamap.retention_rules
        self._archive = archive
        self._packages = packages
        self._documents = Documents(db, datamap, rules, archive=archive, keys=vault, tokens=tokens)
        self._subjects = Subjects(db, rules, requests=requests, openings=openings, tokens=tokens)
        self._particulars = OldParticulars(ours, vault, particulars_after)

    async def sweep(
        self, now: datetime, *, dry_run: bool = False, tell: Tell = tell_nobody
    ) -> SweepReport:
        """What the law no longer keeps, then by the map's rules."""
        tally = Tally(self._ours, now.astimezone(UTC), dry_run=dry_run, tell=tell)
        await self._archived(tally)
        for rule in self._rules:
            part = self._subjects if rule.subject else self._documents
            await part.sweep(rule, tally)
        await self._particulars.sweep(tally)
        await self._collected(tally)
        return tally.report()

    async def _archived(self, tally: Tally) -> None:
        if tally.dry_run:
            for one in await self._archive.overdue(tally.now):
                await tally.add(
                    [Swept("archive", one.basis, one.collection, one.documents, oldest=one.oldest)]
                )
            return
        while True:
            due = await self._archive.due(tally.now, ARCHIVE_PAGE)
            gone = await self._archive.destroy([one.id for one in due])
            # Another sweep may have taken some of them.
            await tally.add(
                (
                    Swept("archive", one.basis, one.collection, 1, oldest=one.destroy_after)
                    for one in due[: gone.documents]
                ),
                keys=gone.keys,
            )
            if not due:
                return

    async def _collected(self, tally: Tally) -> None:
        """Packages that could be fetched for long enough, and what was never finished."""
        if tally.dry_run:
            number, oldest = await self._packages.overdue(tally.now)
            await tally.add([Swept("packages", "packages", "packages", number, oldest=oldest)])
            return
        while due := await self._packages.due(tally.now, PACKAGE_PAGE):
            gone, keys = await self._packages.destroy([one.id for one in due])
            oldest = due[0].destroy_after
            swept = Swept("packages", "packages", "packages", gone, oldest=oldest)
            await tally.add([swept], keys=keys)
