"""One folder of a mailbox over IMAP, through imap-tools in a thread; TLS unless told otherwise.

    imaps://user:password@host[:993]   TLS from the first byte
    imap://user:password@host[:143]    STARTTLS, or no login
    ?starttls=never                    in clear, for a server on this machine

A private certificate authority is trusted through `SSL_CERT_FILE`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from imaplib import IMAP4, Internaldate2tuple
from time import mktime
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox

from schemas.errors import SettingsError, Unreachable
from workers.ports.mailbox import RawMail

CALL_TIMEOUT = 30.0
"""Seconds in which a server that is there says something."""
LARGEST = 30 * 1024 * 1024
"""Bytes of a mail that is fetched whole."""
SLOWEST = 32 * 1024
"""Bytes a second of a line that still brings whole mails."""
_AWAY = (IMAP4.error, ImapToolsError, OSError, ValueError)
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
Result = TypeVar("Result")


def time_for(size: int) -> float:
    """Seconds that a call may take which brings so many bytes."""
    return CALL_TIMEOUT * 4 + size / SLOWEST


class ImapFolder:
    """Connects when it is first asked, and again after the line was lost. Use as `async with`."""

    def __init__(self, url: str, folder: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username:
            raise SettingsError("DSR_IMAP_URL must be imaps://user:password@host")
        if parts.query not in {"", "starttls=never"}:
            raise SettingsError("DSR_IMAP_URL knows one option only, starttls=never")
        self._parts = parts
        self._folder = folder
        self._box: BaseMailBox | None = None
        self._validity: int | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hang_up()

    async def unseen(self) -> Sequence[str]:
        """The uids of the mails that were not seen yet, the oldest first."""

        def listed(box: BaseMailBox) -> list[str]:
            return [f"{self._validity}.{uid}" for uid in sorted(box.uids("UNSEEN"), key=int)]

        return await self._call(listed)

    async def fetch(self, uid: str, *, whole: bool = True) -> RawMail | None:
        """One of them, which stays unseen; None where it was moved away meanwhile.

        It takes as long as its size allows, and no other mail's time.
        """
        answer = await self._ask(uid, "(RFC822.SIZE INTERNALDATE)")
        heads = (one for one in answer if isinstance(one, bytes))
        head, size = next(((one, int(s[1])) for one in heads if (s := _SIZE.search(one))), (b"", 0))
        whole = whole and size <= LARGEST
        part = "(BODY.PEEK[])" if whole else "(BODY.PEEK[HEADER])"
        answer = await self._ask(uid, part, time_for(size if whole else 0)) if head else []
        content = next((one[1] for one in answer if isinstance(one, tuple)), None)
        if content is None:
            return None
        came = Internaldate2tuple(head)
        arrived = datetime.fromtimestamp(mktime(came), UTC) if came else datetime.now(UTC)
        return RawMail(uid, arrived, content, whole)

    async def seen(self, uid: str, *, flagged: bool = False) -> None:
        """Mark it; one of an older numbering of the folder is not found, and comes again."""
        flags = ["\\Seen", "\\Flagged"] if flagged else ["\\Seen"]

        def mark(box: BaseMailBox) -> None:
            if number := self._number(uid):
                box.flag(number, flags, value=True)

        await self._call(mark)

    async def wait(self, seconds: float) -> None:
        """IDLE where the server offers it."""

        def idle(box: BaseMailBox) -> bool:
            if "IDLE" not in box.client.capabilities:
                return False
            box.idle.wait(timeout=seconds)
            return True

        if not await self._call(idle, timeout=seconds + CALL_TIMEOUT):
            await asyncio.sleep(seconds)

    async def _ask(self, uid: str, part: str, timeout: float | None = None) -> list[Any]:
        """What the server says of a part of one mail; nothing where there is no such mail."""

        def ask(box: BaseMailBox) -> list[Any]:
            if (number := self._number(uid)) is None:
                return []
            fine, answer = box.client.uid("FETCH", number, part)
            if fine != "OK":
                raise IMAP4.error("the server does not hand out a mail that it lists")
            return answer

        return await self._call(ask, timeout)

    def _number(self, uid: str) -> str | None:
        """The number of a mail in the folder; None where the folder is numbered anew."""
        validity, _, number = uid.partition(".")
        return number if int(validity) == self._validity else None

    async def _call(
        self, work: Callable[[BaseMailBox], Result], timeout: float | None = None
    ) -> Result:
        async with self._lock:
            try:
                async with asyncio.timeout(timeout or time_for(0)):
                    if self._box is None:
                        self._box = await asyncio.to_thread(self._connect)
                    return await asyncio.to_thread(work, self._box)
            except _AWAY as error:
                # What a server says may hold what a mail says: the sentence is ours alone.
                await self._hang_up()
                raise Unreachable(
                    "the mailbox does not answer; check DSR_IMAP_URL, DSR_IMAP_FOLDER and the"
                    " server"
                ) from error
            except asyncio.CancelledError:
                await self._hang_up()
                raise

    def _connect(self) -> BaseMailBox:
        parts = self._parts
        assert parts.hostname and parts.username, "checked when it was made"
        context = ssl.create_default_context()
        box: BaseMailBox
        if parts.scheme == "imaps":
            box = MailBox(parts.hostname, parts.port or 993, CALL_TIMEOUT, ssl_context=context)
        elif parts.query == "starttls=never":
            box = MailBoxUnencrypted(parts.hostname, parts.port or 143, CALL_TIMEOUT)
        else:
            box = MailBoxStartTls(
                parts.hostname, parts.port or 143, CALL_TIMEOUT, ssl_context=context
            )
        box.login(unquote(parts.username), unquote(parts.password or ""), self._folder)
        self._validity = box.folder.status(self._folder, ["UIDVALIDITY"])["UIDVALIDITY"]
        return box

    async def _hang_up(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            with contextlib.suppress(*_AWAY):
                await asyncio.wait_for(asyncio.to_thread(box.client.shutdown), 5.0)
