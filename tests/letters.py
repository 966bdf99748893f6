"""One organisation, and one letter of each purpose about the correction that Kim Minji wants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.datamap.base import Label
from schemas.letters import (
    AcknowledgementFacts,
    ChallengeFacts,
    ComplaintBody,
    CompletionFacts,
    ExpiryFacts,
    FieldOutcome,
    InterimFacts,
    LetterFacts,
    Organisation,
    RecipientOutcome,
    RefusalFacts,
)
from schemas.notice import NoticeStatus
from workers.ports import OutgoingMail

ORGANISATION = Organisation(
    name=Label(ko="스몰머신즈", en="SMALLMACHINES"),
    department=Label(ko="마케팅·영업팀", en="Marketing & Sales Team"),
    phone="+82-2-889-8788",
    email="contact@smallmachines.co.kr",
    postal_address=Label(ko="서울특별시 관악구", en="Gwanak-gu, Seoul"),
    complaint_bodies=(
        ComplaintBody(
            Label(ko="개인정보침해신고센터", en="Personal Information Report Center"),
            "https://privacy.kisa.or.kr",
            "118",
        ),
        ComplaintBody(
            Label(ko="개인정보분쟁조정위원회", en="Personal Information Dispute Committee"),
            "https://www.kopico.go.kr",
            "1833-6972",
        ),
    ),
)
HOME = Label(ko="집 주소", en="Home address")
MOBILE = Label(ko="휴대전화 번호", en="Mobile phone number")
PARCEL = Label(ko="한빛택배", en="Hanbit Parcel")
ASKED_AT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
CODE = "04820193"
LINK = "https://privacy.smallmachines.co.kr/proof/DSR-7K3M-Q9XA/3q2-7wAAEjRWeJCrze8SNA"
NOT_ME = "https://privacy.smallmachines.co.kr/disown/DSR-7K3M-Q9XA/mN0pQrStUvWxYz0123456w"

COMMON: dict[str, Any] = {
    "tracking": "DSR-7K3M-Q9XA",
    "kind": "correction",
    "channel": "phone",
    "received_at": ASKED_AT,
    "fields": (HOME, MOBILE),
}
RESULTS: dict[str, Any] = {
    "applied_at": ASKED_AT + timedelta(hours=2),
    "outcomes": (FieldOutcome(HOME, "corrected"), FieldOutcome(MOBILE, "in_review")),
    "recipients": (RecipientOutcome(PARCEL, NoticeStatus.APPLIED),),
}
LETTERS: dict[str, LetterFacts] = {
    "acknowledgement": AcknowledgementFacts(
        **COMMON, deadline=datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
    ),
    "challenge": ChallengeFacts(
        **COMMON, code=CODE, link=LINK, not_me_link=NOT_ME, ends_at=ASKED_AT + timedelta(days=3)
    ),
    "interim": InterimFacts(**COMMON, **RESULTS),
    "completion": CompletionFacts(**COMMON, **RESULTS),
    "expiry": ExpiryFacts(**COMMON, expired_at=ASKED_AT + timedelta(days=3)),
    "refusal": RefusalFacts(
        **COMMON,
        refused_at=ASKED_AT + timedelta(days=3),
        reason=Label(ko="다른 법률이 보관을 정합니다.", en="Another law requires it to be kept."),
        legal_ground=Label(ko="개인정보 보호법 제36조", en="Personal Information Protection Act"),
    ),
}


def outgoing(**changes: Any) -> OutgoingMail:
    """A mail to Kim Minji, with what a test wants otherwise."""
    values: dict[str, Any] = {
        "to": "minji.kim@example.kr",
        "subject": "[스몰머신즈] 본인이 하신 요청인지 확인해 주십시오 (DSR-7K3M-Q9XA)",
        "text": "안녕하십니까.\n\n04820193\n",
        "html": "<!doctype html>\n<html lang='ko'><p>안녕하십니까.</p></html>\n",
        "message_id": "<3f2a.challenge-1@mail.smallmachines.co.kr>",
        "tracking": "DSR-7K3M-Q9XA",
        "date": ASKED_AT,
        "language": "ko",
    }
    return OutgoingMail(**{**values, **changes})
