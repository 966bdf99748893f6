"""Deletions that a rule opens: each is a request, which the workers carry out like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.deadlines import Clocks
from schemas.expired import Ended, opened, particulars_of
from workers.adapters.request_store import RequestStore
from workers.adapters.tokens import Tokens
from workers.ports import Sealer


@dataclass(frozen=True, slots=True)
class Openings:
    """Opens them, each once."""

    requests: RequestStore
    sealer: Sealer
    tokens: Tokens
    clocks: Clocks
    language: str
    within: timedelta
    """Until when a command is sent again."""

    async def begin(self, ended: Sequence[Ended], now: datetime) -> list[Ended]:
        """Those that are opened now; one that another sweep has opened stays as it is."""
        advances = [
            opened(
                one,
                await self.sealer.seal(one.request, particulars_of(one, self.language, now)),
                tracking=self.tokens.tracking(),
                digest=self.tokens.digest(f"rule {one.request} {one.pseudonym}".encode()),
                language=self.language,
                clocks=self.clocks,
                within=self.within,
                now=now,
            )
            for one in ended
        ]
        committed = await self.requests.commit(advances)
        results = zip(ended, committed, strict=True)
        return [one for one, result in results if result.what == "stands"]
