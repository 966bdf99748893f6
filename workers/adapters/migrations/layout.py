"""Which version the stored form has, in one document; brings it up to ours, or refuses to work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.errors import LayoutDiffers
from workers.adapters.migrations.batches import Keep
from workers.adapters.mongo import Database, reaching

COLLECTION = "schema"
_ID = "dsr"
_NOTHING = {"major": 0, "number": 0}
"""A database of before there were versions, or a new one."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. `major` grows where workers of the version before could not go on beside it."""

    number: int
    major: int
    title: str
    run: Callable[[Database, Any, Keep], Awaitable[None]]


class Layout:
    """The stored form of our database, and the migrations that this version knows."""

    def __init__(self, db: Database, migrations: Sequence[Migration]) -> None:
        self._db = db
        self._state = db[COLLECTION]
        self._migrations = migrations

    async def init(self, *, plan: bool = False) -> list[str]:
        """Migrate; returns what was, or with `plan` would be, done. `LayoutDiffers` as in `check`.

        Broken off, it goes on where it was the next time.
        """
        state = await self._read()
        self._refuse_newer(state)
        missing = [each for each in self._migrations if each.number > state["number"]]
        if not plan:
            for migration in missing:
                await self._carry_out(migration)
        return [f"migration {each.number}: {each.title}" for each in missing]

    async def check(self) -> None:
        """`LayoutDiffers` unless workers of this version can work with what is stored.

        A newer form of the same major is one that they can: they are being replaced.
        """
        state = await self._read()
        self._refuse_newer(state)
        if state["number"] < self._migrations[-1].number:
            raise LayoutDiffers(
                "the database has the form of an older version of dsr-workers: run `dsr init`"
            )

    def _refuse_newer(self, state: dict[str, Any]) -> None:
        if state["major"] > self._migrations[-1].major:
            raise LayoutDiffers(
                "the database has the form of a newer version of dsr-workers, which this one does"
                " not understand: use that version"
            )

    async def _read(self) -> dict[str, Any]:
        with reaching("MongoDB"):
            found = await self._state.find_one({"_id": _ID})
        return _NOTHING | (found or {})

    async def _carry_out(self, migration: Migration) -> None:
        place = f"after.{migration.number}"
        state = await self._read()

        async def keep(last: Any) -> None:
            await self._state.update_one({"_id": _ID}, {"$set": {place: last}}, upsert=True)

        with reaching("MongoDB"):
            await migration.run(self._db, state.get("after", {}).get(str(migration.number)), keep)
            await self._state.update_one(
                {"_id": _ID},
                {
                    "$max": {"number": migration.number, "major": migration.major},
                    "$unset": {place: ""},
                    "$currentDate": {"at": True},
                },
                upsert=True,
            )
