"""Open notices as people see them: on a recipient's own page, and on the desk's list.

What a notice says is read at the moment in which it is shown, so nobody acts on an older value than
the newest; that it was shown stands in the request's history before.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from schemas.errors import KeyGone, NotFound, PutOff
from schemas.messages import Acknowledge, SendAgain, Shown
from schemas.notice import Notice, NoticeAnswer, NoticeKind, NoticeStatus
from schemas.request import Request
from workers.hearing import hear
from workers.ports import SendNotice
from workers.runtime.house import House
from workers.stages.propagation.planning import about

MOST = 50


class Said(Protocol):
    """What a notice says."""

    @property
    def type(self) -> NoticeKind:
        """What it is about."""

    @property
    def key(self) -> str | int:
        """What the recipient knows the person by."""

    @property
    def fields(self) -> Mapping[str, Any] | Sequence[str]:
        """By the recipient's names; with values, where it has to have them."""

    @property
    def withheld(self) -> Sequence[str]:
        """Fields whose value is kept back."""

    @property
    def purposes(self) -> Sequence[str]:
        """What the person objects to."""


class Waiting(Protocol):
    """Finds requests that wait for a recipient."""

    async def waiting_for(self, recipient: str, limit: int) -> list[Request]:
        """The oldest first."""


@dataclass(frozen=True, slots=True)
class OpenNotice:
    """One that the recipient has not answered for good; no personal data."""

    id: str
    tracking: str
    recipient: str
    about: NoticeKind
    status: NoticeStatus
    since: datetime | None
    due: datetime | None

    @property
    def late(self) -> bool:
        """Whether it was escalated."""
        return self.status is NoticeStatus.OVERDUE


class Notices:
    """Lists, shows and settles them."""

    def __init__(
        self, house: House, waiting: Waiting, read: Callable[[SendNotice], Awaitable[Said]]
    ) -> None:
        self._house = house
        self._waiting = waiting
        self._read = read

    async def open(self, recipient: str, *, limit: int = MOST) -> list[OpenNotice]:
        """Those of this recipient that it was told of, the oldest first."""
        found = await self._waiting.waiting_for(recipient, limit)
        return [
            OpenNotice(
                id=notice.id,
                tracking=request.tracking,
                recipient=recipient,
                about=about(request, "notice"),
                status=notice.status,
                since=notice.since,
                due=notice.answer_due,
            )
            for request in found
            for notice in [request.notices[recipient]]
            if notice.marks
        ]

    async def show(self, notice: OpenNotice, by: str) -> Said | None:
        """What it says now; None where that cannot be told just now. It is on record first."""
        if not await hear(self._house, "propagation", Shown(notice.id, notice.recipient, by)):
            return None
        request = await self._house.requests.load_by_notice(notice.id)
        if request is None or notice.recipient not in request.notices:
            return None
        try:
            effect = await self._effect(request, request.notices[notice.recipient], notice)
            return await self._read(effect)
        except (PutOff, KeyGone):
            return None

    async def settle(
        self,
        notice: str,
        recipient: str,
        status: Literal["acknowledged", "applied", "refused"],
        by: str,
        reason: str = "",
    ) -> bool:
        """Record the recipient's word; False where it has said its last one already.

        `ValidationError` for a reason that is too long, or holds more than text.
        """
        answer = NoticeAnswer(status=status, reason=reason)
        return await hear(self._house, "propagation", Acknowledge(notice, recipient, answer, by))

    async def send_again(self, notice: str, recipient: str, by: str) -> bool:
        """Have a notice sent that it missed; False where it missed none, or nobody knows whose."""
        return await hear(self._house, "propagation", SendAgain(notice, recipient, by))

    async def one(self, tracking: str, recipient: str) -> OpenNotice:
        """The open notice of this request; `NotFound` where there is none."""
        found = await self.open(recipient, limit=10_000)
        for notice in found:
            if notice.tracking == tracking:
                return notice
        raise NotFound(f"{tracking} has no open notice to {recipient}; see `dsr tasks list`")

    async def _effect(self, request: Request, kept: Notice, notice: OpenNotice) -> SendNotice:
        particulars = await self._house.tools.sealer.open(request)
        assert particulars.subject is not None, "who was told of has a name"
        deletes = notice.about == "deletion"
        return SendNotice(
            recipient=notice.recipient,
            notice_id=notice.id,
            request=request.id,
            subject=particulars.subject,
            fields=(*kept.fields, *kept.also),
            lease=time.monotonic(),
            deleted_as=particulars.known_as.get(notice.recipient, "") if deletes else None,
            about=notice.about,
        )
