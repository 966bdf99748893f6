"""Carries out `Collect`: reads, writes the package, then claims the request's slot."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, Final, Protocol

from schemas.datamap import DataMap
from schemas.errors import DsrError, Unreachable
from schemas.package import PackagedField, PackagedRecipient, PackageHead
from schemas.request import SubjectRef
from workers.adapters.packages.reading import NobodyThere, PersonalRecords
from workers.adapters.packages.store import PackageStore
from workers.adapters.packages.writing import Renderer, write
from workers.ports import Claim, Collect, Collected, CollectResult, SubjectResult

SLICE: Final = 2.0
"""Seconds after which a call begins no further package; the rest of the group comes again."""


class Records(Protocol):
    """The company's database, as far as packages ask beside the records themselves."""

    def recipients(
        self, subject: SubjectRef, fields: tuple[str, ...]
    ) -> Awaitable[Mapping[str, tuple[str, ...]]]:
        """Who received which of the fields."""

    def apply(self, effects: Sequence[Any]) -> Awaitable[Sequence[SubjectResult]]:
        """Claims slots."""


class Collector:
    """Every call may be killed and made again: what was ready is found, the rest is destroyed."""

    def __init__(
        self,
        records: Records,
        personal: PersonalRecords,
        store: PackageStore,
        datamap: DataMap,
        page: Renderer,
    ) -> None:
        self._records = records
        self._personal = personal
        self._store = store
        self._datamap = datamap
        self._page = page

    async def apply(self, effects: Sequence[Collect]) -> list[CollectResult]:
        """A result for each, one after the other; a first one is never put off."""
        until = time.monotonic() + SLICE
        results: list[CollectResult] = []
        for effect in effects:
            late = bool(results) and time.monotonic() > until
            results.append(CollectResult("more") if late else await self._one(effect))
        return results

    async def _one(self, effect: Collect) -> CollectResult:
        package = await self._store.ready(effect.request)
        if package is None:
            try:
                package = await self._make(effect)
            except NobodyThere:
                return CollectResult("gone")
            except Unreachable:
                raise
            except DsrError as error:
                # This subject's own trouble is not that of its neighbours.
                return CollectResult("put_off", code=error.code)
        # Last, so that whoever takes the request back until now has been first.
        (claimed,) = await self._records.apply([Claim(effect.request, effect.subject)])
        if claimed.outcome in {"done", "already"}:
            return CollectResult("ready", package)
        await self._store.destroy([package.id])
        return CollectResult("gone" if claimed.outcome == "gone" else "lost")

    async def _make(self, effect: Collect) -> Collected:
        begun = await self._store.begin(effect)
        head = await self._head(effect, begun.made_at)
        try:
            async with aclosing(self._personal.of(effect.subject)) as records:
                counts, holding = await write(
                    head,
                    records,
                    self._page(head, effect.language),
                    json=begun.json,
                    html=begun.html,
                )
        except BaseException:
            with suppress(DsrError):  # else it is found when its time is up
                await self._store.destroy([begun.id])
            raise
        return await self._store.finish(begun, effect, counts, holding)

    async def _head(self, effect: Collect, made_at: Any) -> PackageHead:
        fields = self._datamap.subjects[effect.subject.type].fields
        received = await self._records.recipients(effect.subject, tuple(fields))
        return PackageHead(
            tracking=effect.tracking,
            made_at=made_at,
            issuer=self._datamap.organisation.name,
            subject_type=effect.subject.type,
            datamap=self._datamap.name,
            fields=tuple(
                PackagedField(
                    field=name, label=field.label, category=field.category, export=field.export
                )
                for name, field in fields.items()
            ),
            recipients=tuple(
                PackagedRecipient(
                    recipient=name, label=self._datamap.recipients[name].label, fields=told
                )
                for name, told in received.items()
            ),
        )
