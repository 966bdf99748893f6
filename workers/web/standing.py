"""Where a request stands, for whoever asked, by a fresh code to the address that it brought.

A tracking code alone shows nothing. Whether it is one, whether a code was sent, whether a typed
code was wrong, old or used: each page says the same in all these cases, and after the same time.
From the page of the contact on file the request can be taken back; the button carries what the
code has proven, sealed, for an hour, since no cookie does.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Final
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas import tracking
from schemas.contacts import is_slow
from schemas.errors import DsrError, KeyGone
from schemas.messages import AskViewing, View
from schemas.progress import Progress, progress
from schemas.request import Request as DataRequest
from workers.emails.vocabulary import LANGUAGES, notice_words
from workers.hearing import hear
from workers.runtime import log
from workers.web.asking.kinds import RIGHTS
from workers.web.bodies import read_form
from workers.web.pages import Pages
from workers.web.parts import Parts
from workers.web.verification import LARGEST, CodeForm, TrackingForm
from workers.web.waiting import Hold

LATER: Final = (0.2, 1.2)
"""Seconds after the button, drawn anew, until a code that was asked for is seen to: a write that
the answer waited for would tell that there is something to write."""
_WITHDRAW: Final = "withdraw"
_LARGEST_PASS: Final = 4096


class Standing:
    """The endpoints."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._house = parts.house
        self._intake, self._drafts = parts.intake, parts.drafts
        self._pages, self._datamap = pages, parts.datamap
        self._asked: set[asyncio.Task[None]] = set()

    async def show(self, request: Request) -> Response:
        """Ask which request; nothing happens before the button."""
        return self._pages.show(request, "standing/ask", form=TrackingForm())

    async def take(self, request: Request) -> Response:
        """With a code the state, without one a code by mail."""
        hold = Hold()
        typed = await read_form(request, LARGEST)
        asks = "code" not in typed
        form = TrackingForm(typed) if asks else CodeForm(typed)
        if not form.validate():
            name = "standing/ask" if asks else "standing/code"
            return self._pages.show(request, name, status=422, form=form, refused=False)
        code = tracking.parse(form.tracking.data or "")
        if asks:
            # Alike for all: whether the database answers. The rest is done apart.
            await self._load(code)
            self._see_to(AskViewing(code))
            found = None
        else:
            found = await self._view(code, typed["code"])
        await hold.over()
        if found is not None:
            return self._state(request, *found)
        fresh = CodeForm(tracking=code)
        return self._pages.show(request, "standing/code", form=fresh, refused=not asks)

    async def withdraw(self, request: Request) -> Response:
        """Take the request back, for whoever was shown it as the contact on file."""
        typed = await read_form(request, _LARGEST_PASS)
        opened = self._drafts.open(_WITHDRAW, typed.get("pass", ""))
        if opened is None:
            raise HTTPException(400)
        code, fresh = opened[0].decode(), opened[1]
        found = await self._load(code)
        if fresh and found is not None and found.challenge is not None:
            tokens = self._house.tools.tokens
            body = {
                "schema": "dsr.withdrawal/1",
                "withdrawal_id": str(uuid4()),
                "tracking": code,
                "code": tokens.code(found.id, found.challenge.number, found.digest),
                "channel": "web",
            }
            await self._intake.withdrawal(json.dumps(body).encode())
        return self._pages.show(request, "standing/withdrawn", tracking=code)

    async def _view(self, code: str, typed: str) -> tuple[DataRequest, Progress] | None:
        if not await hear(self._house, "verification", View(code, typed, str(uuid4()))):
            return None
        found = await self._load(code)
        if found is None:
            return None
        try:
            particulars = await self._house.tools.sealer.open(found)
        except KeyGone:
            return None
        policy = self._house.tools.policy
        slow = is_slow(particulars.submission)
        window = (policy.letter_window if slow else policy.proof_window) + policy.grace
        return found, progress(found, particulars, self._house.requests.now(), window)

    def _state(self, request: Request, found: DataRequest, progress: Progress) -> Response:
        zone = self._house.tools.policy.clocks.named(found.profile).zone
        tokens = self._house.tools.tokens
        package = tokens.link(found.id, found.link_number, "package", found.digest)
        moments = {
            name: moment.astimezone(zone)
            for name in ("asked_at", "due", "proven_at", "done_at", "ended_at")
            if (moment := getattr(progress, name)) is not None
        }
        return self._pages.show(
            request,
            "standing/state",
            tracking=found.tracking,
            right=RIGHTS[found.kind],
            progress=progress,
            told=self._told(found, progress, self._pages.language(request)),
            at=moments,
            code_sent=found.challenge is not None and progress.full,
            withdraw=self._drafts.seal(_WITHDRAW, found.tracking.encode()),
            package=self._pages.link(request, f"/package/{found.tracking}/{package}"),
        )

    def _told(self, found: DataRequest, progress: Progress, tag: str) -> list[tuple[str, str]]:
        """Per recipient its name and what it answered, in the words of the mails."""
        language = next(one for one in LANGUAGES if one == tag)
        words = notice_words(None if progress.lifted else found.kind, language)
        return [
            (self._datamap.recipients[name].label.text(language), words[status])
            for name, status in progress.recipients.items()
            if name in self._datamap.recipients
        ]

    def _see_to(self, message: AskViewing) -> None:
        """Have the code sent in a while. If that fails it is logged, and the person asks again."""
        task = asyncio.create_task(self._soon(message))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _soon(self, message: AskViewing) -> None:
        first, last = LATER
        await asyncio.sleep(first + (last - first) * secrets.randbelow(1000) / 1000)
        try:
            await hear(self._house, "verification", message)
        except DsrError as error:
            log.failure("viewing_code_not_sent", error)

    async def _load(self, code: str) -> DataRequest | None:
        return (await self._house.requests.load_by_tracking([code])).get(code)
