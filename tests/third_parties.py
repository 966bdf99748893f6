"""What recipients' pages, callbacks and the gate stand on, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from schemas.datamap import DataMap, parse
from schemas.disclosure import DisclosureWish, Permission
from schemas.errors import PutOff
from tests.datamaps import small
from tests.web_house import NOW, MemoryRequests
from workers.adapters.recipients.told import Told
from workers.notices import Notices
from workers.ports import SendNotice
from workers.runtime.house import House
from workers.web import ThirdParties
from workers.web.parts import Processors

ADDRESS = "person@carrier.example"
PAGE_TOKEN = "r" * 22
KEY = "dsrsk_right"


def datamap(**insurer: Any) -> DataMap:
    """The carrier is a person with a mailbox; what the insurer is, the test says."""
    content = small.content()
    carrier = content["recipients"]["carrier"]
    mail = {"kind": "mail", "address": ADDRESS, "language": "en"}
    content["recipients"]["insurer"] = {**carrier, "fields": {"name": "insured"}, **insurer}
    content["recipients"]["carrier"] = {**carrier, "transport": mail}
    return parse(content, source="shop.yaml")


@dataclass
class MemoryDoors:
    """One code at a time."""

    number: int = 0
    tries: int = 0
    session: str | None = None
    allowed: bool = True

    async def new_code(self, name: str, good_for: timedelta) -> tuple[int, datetime] | None:  # noqa: ARG002
        """The next one, which ends the one before."""
        if not self.allowed:
            return None
        self.number, self.tries, self.session = self.number + 1, 0, None
        return self.number, NOW

    async def count_try(self, name: str) -> int | None:  # noqa: ARG002
        """Five each."""
        if not self.number or self.tries >= 5 or self.session is not None:
            return None
        self.tries += 1
        return self.number

    async def open_door(self, name: str, number: int, session: str, lasts: timedelta) -> bool:  # noqa: ARG002
        """Once."""
        if self.session is not None or number != self.number:
            return False
        self.session = session
        return True

    async def is_open(self, name: str, session: str) -> bool:  # noqa: ARG002
        """The newest session alone."""
        return self.session == session


@dataclass
class MemoryPost:
    """Codes that were sent: to whom, and which."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def token(self, name: str) -> str:  # noqa: ARG002
        """The same for everybody."""
        return PAGE_TOKEN

    async def send_code(self, to: str, language: str, code: str, **_: Any) -> bool:  # noqa: ARG002
        """Keep it."""
        self.sent.append((to, code))
        return True


@dataclass
class MemoryGate:
    """Says what it is told to say."""

    answer: Permission = field(default_factory=Permission)
    asked: list[DisclosureWish] = field(default_factory=list)

    async def may_disclose(self, wish: DisclosureWish, now: datetime) -> Permission:  # noqa: ARG002
        """The answer."""
        self.asked.append(wish)
        return self.answer


class OneKey:
    """Knows one."""

    def who(self, key: str) -> str | None:
        """Its service."""
        return "crm" if key == KEY else None


@dataclass
class Behind:
    """All of it, for the test to look at."""

    processors: Processors | None = None
    doors: MemoryDoors = field(default_factory=MemoryDoors)
    post: MemoryPost = field(default_factory=MemoryPost)
    gate: MemoryGate = field(default_factory=MemoryGate)
    values: Mapping[str, Any] = field(default_factory=lambda: {"receiver": "<b>김민지</b>"})
    disputed: bool = False

    def build(self, house: House, requests: MemoryRequests) -> ThirdParties:
        """What the pages get."""

        async def read(effect: SendNotice) -> Told:
            if self.disputed:
                raise PutOff("restricted")
            return Told(effect.about, "42", self.values, 7)

        return ThirdParties(
            processors=cast("Any", self.processors),
            notices=Notices(house, requests, read),
            doors=self.doors,
            post=self.post,
            gate=self.gate,
            service_keys=OneKey(),
        )
