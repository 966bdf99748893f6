"""The retention sweep as the runtime and the command line see it: what is due, destroyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from schemas.evidence import Finding

Tell = Callable[[str, int], None]
"""Told which rule or basis is at work, and how many documents it has come to."""


def tell_nobody(_name: str, _documents: int) -> None:
    """Where nobody watches."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What was destroyed, or in a dry run would be, on one ground in one collection.

    `archive`: what a law had kept, `name` is the basis. `documents`: data in use, by a rule on its
    age. `subject`: people whose purpose ended and for whom a deletion is opened, which workers
    carry out; counted in their home collection.
    `particulars`: the personal part of requests. `packages`: what access requests had
    collected.
    """

    what: Literal["archive", "documents", "subject", "particulars", "packages"]
    name: str
    collection: str
    documents: int
    """Destroyed here; of those, `archived` went to the archive because a law keeps them."""
    archived: int = 0
    changed: int = 0
    """Documents that stay, without what was the person's."""
    oldest: datetime | None = None
    """The earliest of the times from which they were due, or at which their keeping ended."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """One sweep; it holds no personal data."""

    id: str
    at: datetime
    dry_run: bool
    swept: tuple[Swept, ...]
    keys_destroyed: int
    left_alone: int
    """People whose purpose ended and who have an open request, or restricted data."""
    findings: tuple[Finding, ...]
    """What is due and could not be destroyed: where, and why."""

    @property
    def documents(self) -> int:
        """All that was destroyed or taken out."""
        return sum(one.documents + one.changed for one in self.swept)


class Retention(Protocol):
    """Destroys what is due; any number may run at once, and each may be stopped anywhere."""

    async def sweep(
        self, now: datetime, *, dry_run: bool = False, tell: Tell = tell_nobody
    ) -> SweepReport:
        """One sweep to its end at this time of the database; a dry run changes nothing.

        `DsrError` where it has to stop: what was done until then stands and is recorded.
        """
