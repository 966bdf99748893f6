"""What the mailbox asks for: a folder of mails, a reader for them, and the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as it lies in the folder."""

    uid: str
    arrived: datetime
    content: bytes = field(repr=False)
    whole: bool = True
    """False where it is too large: then `content` is its header alone."""


class Folder(Protocol):
    """The one folder that is read."""

    async def unseen(self) -> Sequence[str]:
        """The uids of the mails that were not seen yet, the oldest first."""

    async def fetch(self, uid: str, *, whole: bool = True) -> RawMail | None:
        """One of them, which stays unseen; None where it was moved away meanwhile.

        Not `whole`: by its header alone, as one that is too large is anyway.
        """

    async def seen(self, uid: str, *, flagged: bool = False) -> None:
        """Mark it; `flagged` where a person has to look at it in the mailbox."""

    async def wait(self, seconds: float) -> None:
        """Return when something may have come, at the latest after so long."""


class MailReader(Protocol):
    """Reads mails where they can do no harm."""

    async def read(self, mail: RawMail) -> bytes | None:
        """The mail as JSON, its header alone where the rest cannot be read; None: not even that."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A file to be kept for the desk."""

    id: str
    name: str = field(repr=False)
    content: bytes = field(repr=False)


class MailDesk(Protocol):
    """What is done about a request that exists already."""

    async def keep(
        self,
        request: str | None,
        tracking: str | None,
        exhibits: Sequence[Exhibit],
        *,
        sender: str | None = None,
    ) -> bool:
        """Keep files with a request that is open; False where there is none.

        `sender`: only where that address asked for it, or is on file, and it is at the desk, where
        somebody reads them.
        """

    async def unreachable(self, request: str, mail: str, address: str) -> bool:
        """A mail did not arrive: the word goes another way, where there is one."""
