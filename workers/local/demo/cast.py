"""Who asks for what in the demo: every kind, every channel, and a mother for her child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from workers.local.demo.people import Known

AGENT = "상담원 박서연"
"""Agent Park, who takes calls and opens letters."""


MOTHER = {
    "name": "오지은",
    "relation": "mother",
    "phone": "010-2345-0280",
    "email": "jieun.oh@mail.example",
}
"""The guardian on the record of Lee Seoyun, who is under fourteen."""
REVIEWER = "choi"
"""The account of the desk that answers questions."""
ANSWER = (
    "결제 기록은 전자상거래 등에서의 소비자보호에 관한 법률에 따라 5년 동안 보관합니다. "
    "기간이 지나면 자동으로 파기합니다."
)


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
    kind: str = "correction"
    """What the law calls it."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Field and right value."""
    fields: tuple[str, ...] = ()
    """What a restriction is about, or which purposes an objection names."""
    guardian: Mapping[str, str] = field(default_factory=dict)
    """Who asks for the child, as the child's record has it."""
    operator: str | None = None
    """Who types for the person; then the code is typed by hand as well, with `dsr prove`."""
    wrote: timedelta | None = None
    """How long ago a letter was received: the legal clock started there."""
    requester: Mapping[str, str] = field(default_factory=dict)

    @property
    def wish(self) -> str:
        """The same in a few words."""
        wishes = {
            "access": "to see everything",
            "correction": f"{', '.join(self.changes)} corrected",
            "deletion": "everything deleted",
            "restriction": f"{', '.join(self.fields)} used no more for now",
            "objection": f"no more {', '.join(self.fields)}",
            "inquiry": "an answer",
        }
        return wishes[self.kind]

    @property
    def relation(self) -> str:
        """Who asks."""
        return "guardian" if self.guardian else "self"

    @property
    def asker(self) -> str:
        """The name of whoever asks."""
        return self.guardian.get("name", self.known.name)

    @property
    def email(self) -> str:
        """The contact on file: where the code goes."""
        return self.guardian.get("email", f"{self.known.login_id}@mail.example")

    def submission(self, now: datetime) -> dict[str, Any]:
        """What the channel publishes (CONTRACT: submission), under a fresh id."""
        mine = {
            "name": self.known.name,
            "login_id": self.known.login_id,
            "email": f"{self.known.login_id}@mail.example",
            "phone": self.known.values.get("phones.mobile"),
        }
        body: dict[str, Any] = {
            "schema": "dsr.submission/1",
            "submission_id": str(uuid4()),
            "channel": self.channel,
            "submitted_at": now.isoformat(),
            "kind": self.kind,
            "language": self.language,
            "requester": {"relation": self.relation, "name": self.asker, **self.requester},
            "subject": {name: mine[name] for name in self.identifiers},
            "statement": self.says,
        }
        if self.changes:
            body["changes"] = [{"field": n, "value": value} for n, value in self.changes.items()]
        if self.fields:
            body["fields"] = list(self.fields)
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
        kind="deletion",
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
        kind="access",
        identifiers=("email", "name"),
        requester={"email": "soyul.han@mail.example"},
    ),
    Errand(
        channel="email",
        number=163,
        known=Known("강도윤", "doyun.kang"),
        language="en",
        kind="restriction",
        says="Please do not use my address and my hobbies until my complaint is settled.",
        fields=("home_address", "hobbies"),
        identifiers=("email", "name"),
        requester={"email": "doyun.kang@mail.example"},
    ),
    Errand(
        channel="web",
        number=131,
        known=Known("윤하은", "haeun.yoon"),
        language="ko",
        kind="objection",
        says="광고 메일을 더 받고 싶지 않습니다.",
        fields=("marketing",),
        identifiers=("login_id", "name"),
        requester={"email": "haeun.yoon@mail.example"},
    ),
    Errand(
        channel="web",
        number=222,
        known=Known("임서우", "seowoo.lim"),
        language="ko",
        kind="inquiry",
        says="결제 기록은 왜, 그리고 언제까지 보관합니까?",
        identifiers=("login_id", "name"),
        requester={"email": "seowoo.lim@mail.example"},
    ),
    Errand(
        channel="web",
        number=280,
        known=Known(
            "이서윤", "seoyun.lee", {"guardian": MOTHER, "profile.hobbies": ["낚시"]}, child=True
        ),
        language="ko",
        says="아이의 취미가 잘못 적혀 있습니다.",
        changes={"hobbies": ["축구", "독서"]},
        identifiers=("login_id", "name"),
        guardian=MOTHER,
        requester={"email": MOTHER["email"]},
    ),
)

KNOWN = {errand.number: errand.known for errand in ERRANDS}

RECIPIENTS = {
    "hanbit-delivery": "applies",
    "dain-marketing": "later",
    "korea-pay": "down-first",
}
"""The demo's third parties, by the manner in which they answer."""
