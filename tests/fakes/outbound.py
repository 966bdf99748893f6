"""The mail server and the recipients: what reached them, and what they answer."""

from __future__ import annotations

import asyncio
import copy
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from schemas.notice import NoticeKind
from tests.fakes.faults import Faults
from tests.fakes.subjects import MemorySubjects
from workers.adapters.recipients.told import LAST
from workers.ports import AskStatus, OutboundEffect, OutboundResult, SendMail, SendNotice


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as the recipient got it: with the values that stood at that moment."""

    recipient: str
    notice_id: str
    seq: int
    values: dict[str, Any]
    """Without values where it tells of a deletion, a restriction or an objection."""
    deleted_as: str | None = None
    about: NoticeKind = "correction"


class RecordingOutbound:
    """The mail server and the recipients: what reached them, and what they are to answer."""

    def __init__(self, subjects: MemorySubjects, faults: Faults) -> None:
        self._subjects = subjects
        self._faults = faults
        self.mails: list[SendMail] = []
        self.notices: list[Told] = []
        self.asked: list[AskStatus] = []
        self.answers: dict[str, list[OutboundResult | Exception]] = defaultdict(list)
        """What comes next from a recipient, or from `mail`; after that all is well."""
        self.resting: dict[str, timedelta] = {}
        """Recipients that are left alone, and for how long still."""
        self.holds: dict[str, asyncio.Event] = {}
        """Whoever stands here answers only once the event is set."""
        self.arrived = asyncio.Event()
        """Set with each that arrives."""

    def rests(self, recipient: str) -> timedelta:
        """Whether this one is left alone."""
        return self.resting.get(recipient, timedelta(0))

    def purposes(self) -> list[str]:
        """What the mails were about, in order."""
        return [mail.facts.purpose for mail in self.mails]

    async def told(self, count: int) -> None:
        """Wait until so many notices have arrived."""
        while len(self.notices) < count:
            self.arrived.clear()
            await self.arrived.wait()

    async def perform(self, effect: OutboundEffect) -> OutboundResult:
        await self._faults.call("outbound before")
        if isinstance(effect, SendMail):
            name, well = "mail", OutboundResult("sent", "250")
            self.mails.append(effect)
        elif isinstance(effect, AskStatus):
            name, well = effect.recipient, OutboundResult("delivered")
            self.asked.append(effect)
        else:
            name, well = effect.recipient, OutboundResult("applied", seq=self._receive(effect))
        self.arrived.set()
        if name in self.holds:
            await self.holds[name].wait()
        self._faults.point("outbound after")
        answer = self.answers[name].pop(0) if self.answers[name] else well
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _receive(self, notice: SendNotice) -> int:
        if notice.deleted_as is not None:
            fields = dict.fromkeys(notice.fields)
            told = Told(
                notice.recipient, notice.notice_id, LAST, fields, notice.deleted_as, notice.about
            )
            self.notices.append(told)
            return LAST
        record = self._subjects.records[notice.subject.key]
        seq = self._subjects.controls[notice.subject.key].seq
        values = {name: copy.deepcopy(record.fields.get(name)) for name in notice.fields}
        if notice.about in {"restriction", "objection"}:
            values = dict.fromkeys(notice.fields)
        told = Told(notice.recipient, notice.notice_id, seq, values, about=notice.about)
        self.notices.append(told)
        return seq
