"""What is known of recipients beside the map: that one wants no more notices (410), and codes.

_id          the recipient's name
disabled_at  since when nothing is sent there; `code` says why
door         the newest code of its page: {number, until, tries, session, session_until}
codes        when codes were sent
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ReturnDocument

from workers.adapters.mongo import Database, reaching, server_time

FRESH: Final = 5.0
"""Seconds for which it is remembered who is disabled."""
MOST_CODES: Final = 5
"""In an hour."""
MOST_TRIES: Final = 5
HOUR: Final = timedelta(hours=1)


class RecipientStates:
    """The collection `recipients` of our database."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._states = db["recipients"]
        self._disabled: frozenset[str] = frozenset()
        self._read_at = float("-inf")

    async def is_disabled(self, name: str) -> bool:
        """Whether it said that it wants no more."""
        if time.monotonic() - self._read_at > FRESH:
            self._disabled = frozenset(await self.disabled())
            self._read_at = time.monotonic()
        return name in self._disabled

    async def disabled(self) -> dict[str, dict[str, Any]]:
        """All that are, with since when and why."""
        with reaching("MongoDB"):
            found = self._states.find({"disabled_at": {"$ne": None}}, {"door": 0, "codes": 0})
            return {one["_id"]: one for one in await found.to_list(None)}

    async def disable(self, name: str, code: str) -> None:
        """Nothing is sent to it any more, until somebody enables it again."""
        with reaching("MongoDB"):
            now = await server_time(self._db)
            await self._states.update_one(
                {"_id": name}, {"$set": {"disabled_at": now, "code": code}}, upsert=True
            )
        self._read_at = float("-inf")

    async def enable(self, name: str, by: str) -> bool:
        """It is told again from now on; False where it was not disabled."""
        with reaching("MongoDB"):
            now = await server_time(self._db)
            done = await self._states.update_one(
                {"_id": name, "disabled_at": {"$ne": None}},
                {"$set": {"enabled_at": now, "enabled_by": by}, "$unset": {"disabled_at": ""}},
            )
        self._read_at = float("-inf")
        return bool(done.modified_count)

    async def new_code(self, name: str, good_for: timedelta) -> tuple[int, datetime] | None:
        """The number of a fresh code, and what time it is; None beyond those of an hour.

        It ends the one before it, and the page that somebody opened with that.
        """
        with reaching("MongoDB"):
            now = await server_time(self._db)
            recent = {"$filter": {"input": {"$ifNull": ["$codes", []]},
                                  "cond": {"$gt": ["$$this", now - HOUR]}}}  # fmt: skip
            found = await self._states.find_one_and_update(
                {"_id": name},
                [
                    {"$set": {"codes": recent}},
                    {
                        "$set": {
                            "allowed": {"$lt": [{"$size": "$codes"}, MOST_CODES]},
                            "number": {"$add": [{"$ifNull": ["$number", 0]}, 1]},
                        }
                    },
                    {
                        "$set": {
                            "codes": {
                                "$cond": [
                                    "$allowed",
                                    {"$concatArrays": ["$codes", [now]]},
                                    "$codes",
                                ]
                            },
                            "door": {
                                "$cond": [
                                    "$allowed",
                                    {"number": "$number", "until": now + good_for, "tries": 0},
                                    "$door",
                                ]
                            },
                        }
                    },
                ],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        assert found is not None, "it is made if there is none"
        return (int(found["number"]), now) if found["allowed"] else None

    async def count_try(self, name: str) -> int | None:
        """The number of the code that is to be typed in, this try counted; None: there is none.

        Counted before it is compared, so that many at once are no more than five.
        """
        with reaching("MongoDB"):
            now = await server_time(self._db)
            found = await self._states.find_one_and_update(
                {
                    "_id": name,
                    "door.until": {"$gt": now},
                    "door.tries": {"$lt": MOST_TRIES},
                    "door.session": None,
                },
                {"$inc": {"door.tries": 1}},
            )
        return int(found["door"]["number"]) if found else None

    async def open_door(self, name: str, number: int, session: str, lasts: timedelta) -> bool:
        """The code was right, and is used up: whoever holds the session's token is let in."""
        with reaching("MongoDB"):
            until = await server_time(self._db) + lasts
            done = await self._states.update_one(
                {"_id": name, "door.number": number, "door.session": None},
                {"$set": {"door.session": session, "door.session_until": until}},
            )
        return bool(done.modified_count)

    async def is_open(self, name: str, session: str) -> bool:
        """Whether this session is the living one."""
        with reaching("MongoDB"):
            now = await server_time(self._db)
            found = await self._states.find_one(
                {"_id": name, "door.session": session, "door.session_until": {"$gt": now}}
            )
        return found is not None
