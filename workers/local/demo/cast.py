"""Who asks for what in the demo: four mistakes, a wish to be forgotten, and one to see it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from workers.local.demo.people import Known

AGENT = "상담원 박서연"
"""Agent Park, who takes calls and opens letters."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One person's request, as a channel takes it in."""

    channel: str
    number: int
    """The member's key."""
    known: Known
    language: str
    says: str
    identifiers: tuple[str, ...]
    """By which of the member's particulars the person is named."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Field and right value; without any the whole account is to be deleted, or shown."""
    looks: bool = False
    """Whether the person wants to see what is held."""
    operator: str | None = None
    """Who types for the person; then the code is typed by hand as well, with `dsr prove`."""
    wrote: timedelta | None = None
    """How long ago a letter was received: the legal clock started there."""
    requester: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the law calls it."""
        if self.looks:
            return "access"
        return "correction" if self.changes else "deletion"

    @property
    def wish(self) -> str:
        """The same in a few words."""
        if self.looks:
            return "to see everything"
        return f"{', '.join(self.changes)} corrected" if self.changes else "everything deleted"

    @property
    def email(self) -> str:
        """The contact on file."""
        return f"{self.known.login_id}@mail.example"

    def submission(self, now: datetime) -> dict[str, Any]:
        """What the channel publishes (CONTRACT: submission), under a fresh id."""
        mine = {
            "name": self.known.name,
            "login_id": self.known.login_id,
            "email": self.email,
            "phone": self.known.values.get("phones.mobile"),
        }
        body: dict[str, Any] = {
            "schema": "dsr.submission/1",
            "submission_id": str(uuid4()),
            "channel": self.channel,
            "submitted_at": now.isoformat(),
            "kind": self.kind,
            "language": self.language,
            "requester": {"relation": "self", "name": self.known.name, **self.requester},
            "subject": {name: mine[name] for name in self.identifiers},
            "statement": self.says,
        }
        if self.changes:
            body["changes"] = [{"field": n, "value": value} for n, value in self.changes.items()]
        if self.operator:
            body["operator"] = self.operator
        if self.wrote:
            body["received_at"] = (now - self.wrote).astimezone(UTC).isoformat()
        return body


ERRANDS = (
    Errand(
        channel="web",
        number=17,
        known=Known(
            "김민지",
            "minji.kim",
            {
                "profile.address": {
                    "postcode": "08826",
                    "road": "서울특별시 관악구 관악로 1",
                    "detail": "3층 301호",
                },
                "phones.mobile": "010-2345-0017",
            },
        ),
        language="ko",
        says="지난달에 이사했습니다. 주소를 고쳐 주세요.",
        changes={
            "home_address": {
                "postcode": "04524",
                "road": "서울특별시 중구 세종대로 110",
                "detail": "7층 702호",
            }
        },
        identifiers=("login_id", "name"),
        requester={"email": "minji.kim@mail.example"},
    ),
    Errand(
        channel="email",
        number=101,
        known=Known(
            "이서준",
            "seojun.lee",
            {"profile.hobbies": ["낚시", "바둑"], "profile.company.job_title": "대리"},
        ),
        language="en",
        says="Please correct my hobbies and my job title. I never went fishing.",
        changes={"hobbies": ["등산", "사진", "클라이밍"], "job_title": "과장"},
        identifiers=("email", "name"),
        requester={"email": "seojun.lee@mail.example"},
    ),
    Errand(
        channel="phone",
        number=202,
        known=Known("박지후", "jihoo.park", {"phones.mobile": "010-3456-0202"}),
        language="ko",
        says="휴대전화 번호가 바뀌었다고 함.",
        changes={"mobile_phone": "010-8765-4321"},
        identifiers=("name", "phone"),
        operator=AGENT,
    ),
    Errand(
        channel="post",
        number=304,
        known=Known(
            "최유나",
            "yuna.choi",
            {
                "profile.company.name": "(주)한강물산",
                "profile.company.department": "영업팀",
                "profile.marital_status": "single",
            },
        ),
        language="en",
        says="Letter: changed employers in October, and got married.",
        changes={
            "company_name": "새솔전자(주)",
            "department": "연구소",
            "marital_status": "married",
        },
        identifiers=("name", "login_id"),
        operator=AGENT,
        wrote=timedelta(days=2),
    ),
    Errand(
        channel="web",
        number=410,
        known=Known("정하윤", "hayoon.jung", {}),
        language="en",
        says="I do not shop here any more. Please delete my account.",
        identifiers=("login_id", "email"),
        requester={"email": "hayoon.jung@mail.example"},
    ),
    Errand(
        channel="email",
        number=55,
        known=Known("한소율", "soyul.han", {}),
        language="ko",
        says="저에 대해 어떤 정보를 가지고 계신지 보고 싶습니다.",
        looks=True,
        identifiers=("email", "name"),
        requester={"email": "soyul.han@mail.example"},
    ),
)

KNOWN = {errand.number: errand.known for errand in ERRANDS}

RECIPIENTS = {
    "hanbit-delivery": "applies",
    "dain-marketing": "later",
    "korea-pay": "down-first",
}
"""The demo's third parties, by the manner in which they answer."""
