"""The words for every code that a mail may show, per language. One word for one thing.

A Korean particle depends on the sound before it, so no sentence puts one behind a variable: facts
stand in lists, with a label before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal, TypedDict

from schemas.letters import Result
from schemas.notice import NoticeStatus
from schemas.submission import Kind, Relation

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")

KINDS: Mapping[Language, Mapping[Kind, str]] = {
    "ko": {
        "access": "개인정보 열람",
        "correction": "개인정보 정정",
        "deletion": "개인정보 삭제",
        "restriction": "개인정보 처리정지",
        "objection": "개인정보 처리에 대한 이의",
        "inquiry": "개인정보 문의",
    },
    "en": {
        "access": "Access to personal data",
        "correction": "Correction of personal data",
        "deletion": "Deletion of personal data",
        "restriction": "Restriction of the use of personal data",
        "objection": "Objection to the use of personal data",
        "inquiry": "Inquiry about personal data",
    },
}

CHANNELS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "web": "웹 페이지",
        "email": "이메일",
        "phone": "전화",
        "post": "우편",
        "retention": "보유기간 규칙",
    },
    "en": {
        "web": "Web page",
        "email": "E-mail",
        "phone": "Phone",
        "post": "Post",
        "retention": "Retention rule",
    },
}

RELATIONS: Mapping[Language, Mapping[Relation, str]] = {
    # Whoever asks for himself is told nothing of it.
    "ko": {"self": "", "guardian": "자녀의 법정대리인", "agent": "대리인"},
    "en": {"self": "", "guardian": "Guardian, for a child", "agent": "Agent, for somebody else"},
}

RESULTS: Mapping[Language, Mapping[Result, str]] = {
    "ko": {
        "corrected": "정정했습니다",
        "unchanged": "이미 요청하신 내용과 같아 바꾸지 않았습니다",
        "in_review": "담당자가 검토하고 있습니다",
        "deleted": "삭제했습니다",
        "provided": "제공합니다",
        "masked": "일부를 가리고 제공합니다",
        "withheld": "고객님의 안전을 위해 값을 싣지 않았습니다",
        "absent": "등록된 정보가 없습니다",
        "restricted": "이용과 제공을 정지했습니다",
        "lifted": "정지했다가 요청에 따라 다시 풀었습니다",
        "withdrawn": "동의를 철회했습니다",
        "refused": "요청하신 대로 처리하지 못했습니다",
    },
    "en": {
        "corrected": "corrected",
        "unchanged": "already as you asked, so nothing was changed",
        "in_review": "being reviewed by our staff",
        "deleted": "deleted",
        "provided": "provided",
        "masked": "provided, shown in part",
        "withheld": "left out, for your own safety",
        "absent": "nothing on file",
        "restricted": "restricted: neither used nor passed on",
        "lifted": "was restricted; lifted again as you asked",
        "withdrawn": "your consent is withdrawn",
        "refused": "not done",
    },
}

NOTICES: Mapping[Language, Mapping[NoticeStatus, str]] = {
    "ko": {
        NoticeStatus.PENDING: "알리는 중입니다",
        NoticeStatus.DELIVERED: "알렸고, 답을 기다리고 있습니다",
        NoticeStatus.ACKNOWLEDGED: "알렸고, 접수했다는 답을 받았습니다",
        NoticeStatus.APPLIED: "알렸고, 반영했다는 답을 받았습니다",
        NoticeStatus.REFUSED: "알렸으나, 반영하지 않는다는 답을 받았습니다",
        NoticeStatus.OVERDUE: (
            "기한 안에 답을 받지 못해 담당자가 직접 확인하고 있으며, 답을 받으면 알려 드립니다"
        ),
    },
    "en": {
        NoticeStatus.PENDING: "being told",
        NoticeStatus.DELIVERED: "told; we are waiting for its answer",
        NoticeStatus.ACKNOWLEDGED: "told; it confirmed that it received our notice",
        NoticeStatus.APPLIED: "told; it confirmed that it made the change",
        NoticeStatus.REFUSED: "told; it answered that it does not make the change",
        NoticeStatus.OVERDUE: (
            "did not answer in time; our staff are following it up, and we write once it answers"
        ),
    },
}

WHOLE: Mapping[Kind, Result] = {"deletion": "deleted", "restriction": "restricted"}
"""What is said in one line where everything on file was meant."""

KIND_NOTICES: Mapping[Language, Mapping[Kind, Mapping[NoticeStatus, str]]] = {
    "ko": {
        "deletion": {
            NoticeStatus.APPLIED: "알렸고, 삭제했다는 답을 받았습니다",
            NoticeStatus.REFUSED: "알렸으나, 삭제하지 않는다는 답을 받았습니다",
        },
        "restriction": {
            NoticeStatus.APPLIED: "알렸고, 이용을 정지했다는 답을 받았습니다",
            NoticeStatus.REFUSED: "알렸으나, 이용을 정지하지 않는다는 답을 받았습니다",
        },
        "objection": {
            NoticeStatus.APPLIED: "알렸고, 이 목적으로 이용하지 않겠다는 답을 받았습니다",
            NoticeStatus.REFUSED: "알렸으나, 이용을 멈추지 않는다는 답을 받았습니다",
        },
    },
    "en": {
        "deletion": {
            NoticeStatus.APPLIED: "told; it confirmed that it deleted it",
            NoticeStatus.REFUSED: "told; it answered that it does not delete it",
        },
        "restriction": {
            NoticeStatus.APPLIED: "told; it confirmed that it does not use it",
            NoticeStatus.REFUSED: "told; it answered that it goes on using it",
        },
        "objection": {
            NoticeStatus.APPLIED: "told; it confirmed that it has stopped",
            NoticeStatus.REFUSED: "told; it answered that it does not stop",
        },
    },
}
"""What reads otherwise where the notice was of something else than a correction."""


def notice_words(kind: Kind | None, language: Language) -> Mapping[NoticeStatus, str]:
    """What recipients answered, where the notices were of this kind; None: of a lifting."""
    return {**NOTICES[language], **(KIND_NOTICES[language].get(kind, {}) if kind else {})}


_ZONES: Mapping[Language, Mapping[str, str]] = {
    "ko": {"KST": "한국시간"},
    "en": {"KST": "Korean time"},
}
# The names of the months are not taken from the locale of the process: it is another's setting.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def moment(at: datetime, language: Language) -> str:
    """Date and time with the zone's name, as people write it. `at` is in the zone to show."""
    zone = at.tzname() or ""
    return f"{day(at, language)} {at:%H:%M} ({_ZONES[language].get(zone, zone)})"


def last_day(end: datetime, language: Language) -> str:
    """The last day of a time that ends at `end`: midnight belongs to the day before it."""
    return day(end - timedelta(microseconds=1), language)


def day(at: date, language: Language) -> str:
    """A day, as people write it."""
    if language == "ko":
        return f"{at.year}년 {at.month}월 {at.day}일"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


class Words(TypedDict):
    """What the frame around every mail says."""

    greeting: str
    tracking: str
    kind: str
    asked_by: str
    fields: str
    all_fields: str
    all_purposes: str
    channel: str
    received_at: str
    responsible: str
    phone: str
    email: str
    postal_address: str
    website: str
    bodies: str
    automatic: str


FRAME: Mapping[Language, Words] = {
    "ko": {
        "greeting": "안녕하십니까. {organisation}입니다.",
        "tracking": "접수번호",
        "kind": "요청 종류",
        "asked_by": "요청하신 분",
        "fields": "항목",
        "all_fields": "등록된 개인정보 전체",
        "all_purposes": "동의하신 모든 목적",
        "channel": "접수 경로",
        "received_at": "접수 일시",
        "responsible": "개인정보 담당 부서",
        "phone": "전화",
        "email": "이메일",
        "postal_address": "주소",
        "website": "홈페이지",
        "bodies": "다음 기관에도 도움을 요청하실 수 있습니다.",
        "automatic": "이 메일은 자동으로 발송되었습니다.",
    },
    "en": {
        "greeting": "Hello, this is {organisation}.",
        "tracking": "Tracking code",
        "kind": "Request",
        "asked_by": "Asked by",
        "fields": "Items",
        "all_fields": "All personal data on file",
        "all_purposes": "Every purpose that you consented to",
        "channel": "Received via",
        "received_at": "Received on",
        "responsible": "Responsible for personal data",
        "phone": "Phone",
        "email": "E-mail",
        "postal_address": "Address",
        "website": "Website",
        "bodies": "You can also turn to one of these bodies:",
        "automatic": "This mail was sent automatically.",
    },
}
