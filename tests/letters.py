"""One organisation, and its letters to Kim Minji, who wants a correction, later a deletion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from schemas.datamap.base import Label
from schemas.delays import EXTENSIONS, MISSING
from schemas.letters import (
    AcknowledgementFacts,
    AddressNoticeFacts,
    AlarmFacts,
    AnswerFacts,
    ApprovalFacts,
    ChallengeFacts,
    ComplaintBody,
    CompletionFacts,
    ConfirmationFacts,
    CoolingFacts,
    DigestFacts,
    DisownedFacts,
    DownloadFacts,
    EscalationFacts,
    ExpiryFacts,
    ExtensionFacts,
    FieldOutcome,
    FollowupFacts,
    GuardianFacts,
    InterimFacts,
    KeptOutcome,
    LetterFacts,
    LiftedFacts,
    LiftFacts,
    Organisation,
    PackageFacts,
    PauseFacts,
    RecipientOutcome,
    RefusalFacts,
    ViewingFacts,
    WithdrawalFacts,
)
from schemas.notice import NoticeStatus
from schemas.refusals import REFUSALS
from workers.emails import Composer, Letter
from workers.emails.composer import KST
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
MARKETING = Label(ko="마케팅 및 광고", en="Marketing and advertising")
COOKIES = Label(ko="쿠키 식별자", en="Cookie identifiers")
MOBILE = Label(ko="휴대전화 번호", en="Mobile phone number")
PARCEL = Label(ko="한빛택배", en="Hanbit Parcel")
ASKED_AT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
CODE = "04820193"
LINK = "https://privacy.smallmachines.co.kr/proof/DSR-7K3M-Q9XA/3q2-7wAAEjRWeJCrze8SNA"
NOT_ME = "https://privacy.smallmachines.co.kr/disown/DSR-7K3M-Q9XA/mN0pQrStUvWxYz0123456w"
LIFT = "https://privacy.smallmachines.co.kr/lift/DSR-7K3M-Q9XA/bGlmdC1sbmstbHQvL3N0b3"
LIFT_CODE = "71930482"
STOP_CODE = "55120938"
GO_ON = "https://privacy.smallmachines.co.kr/go-on/DSR-7K3M-Q9XA/Z29fb25fMTIzNDU2Nzg5MA"
STOP = "https://privacy.smallmachines.co.kr/stop/DSR-7K3M-Q9XA/Zk1tLmNvLmtyL3N0b3AvRA"
CONFIRM = "https://privacy.smallmachines.co.kr/confirm/DSR-7K3M-Q9XA/Y29uZmlybV8xMjM0NTY3OA"
STOP_CHANGE = "https://privacy.smallmachines.co.kr/stop-change/DSR-7K3M-Q9XA/c3RvcF8xMjM0NTY3OA"
WAITING = "https://privacy.smallmachines.co.kr/waiting/DSR-7K3M-Q9XA/d2FpdGluZ18xMjM0NTY3OA"
RECEIPT = "https://privacy.smallmachines.co.kr/receipt/DSR-7K3M-Q9XA/cmVjZWlwdF8xMjM0NTY3OA"
CERTIFICATE = "https://privacy.smallmachines.co.kr/certificate/DSR-7K3M-Q9XA/c2VydGlmaWNhdGVfMTIzNA"

NOTHING_ARRIVED = (
    "https://privacy.smallmachines.co.kr/nothing-arrived/DSR-7K3M-Q9XA/bm90aGluZ19hcnJpdmVkMQ"
)
PACKAGE = "https://privacy.smallmachines.co.kr/package/DSR-7K3M-Q9XA/cGFja2FnZV8xMjM0NTY3OA"
STATUS = "https://privacy.smallmachines.example/status"

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
DELETED: dict[str, Any] = {
    "applied_at": RESULTS["applied_at"],
    "outcomes": (),
    "recipients": RESULTS["recipients"],
    "kept": (
        KeptOutcome(
            Label(ko="통신비밀보호법 시행령 제41조", en="Protection of Communications Secrets Act"),
            datetime(2027, 2, 22, 15, 0, tzinfo=UTC),
        ),
    ),
}
ALL_OF_HER = {**COMMON, "kind": "deletion", "fields": ()}
PART_OF_HER = {**COMMON, "kind": "deletion"}
BOTH_DELETED = (FieldOutcome(HOME, "deleted"), FieldOutcome(MOBILE, "deleted"))

COOLS_OFF: dict[str, Any] = {
    "begins_at": ASKED_AT + timedelta(days=1),
    "stop_link": STOP,
    "stop_code": STOP_CODE,
}

CHALLENGE = ChallengeFacts(
    **COMMON, code=CODE, link=LINK, not_me_link=NOT_ME, ends_at=ASKED_AT + timedelta(days=3)
)
CORRECTION: dict[str, LetterFacts] = {
    "acknowledgement": AcknowledgementFacts(
        **COMMON,
        deadline=datetime(2026, 12, 3, 0, 0, tzinfo=KST),
        nothing_arrived_link=NOTHING_ARRIVED,
    ),
    "challenge": CHALLENGE,
    "interim": InterimFacts(**COMMON, **RESULTS),
    "completion": CompletionFacts(**COMMON, **RESULTS, receipt_link=RECEIPT),
    "guardian": GuardianFacts(
        **{**COMMON, "relation": "guardian"}, proven_at=ASKED_AT + timedelta(hours=1)
    ),
    "viewing": ViewingFacts(
        **COMMON, code=CODE, link=STATUS, ends_at=ASKED_AT + timedelta(hours=1)
    ),
    "expiry": ExpiryFacts(**COMMON, expired_at=ASKED_AT + timedelta(days=3)),
    "escalation": EscalationFacts(**COMMON, recipient=PARCEL, name="hanbit-delivery", gone=False),
    "followup": FollowupFacts(
        **COMMON,
        answered_at=ASKED_AT + timedelta(days=9),
        recipients=(RecipientOutcome(PARCEL, NoticeStatus.APPLIED),),
    ),
    "alarm": AlarmFacts(**COMMON, deadline=datetime(2026, 12, 3, 0, 0, tzinfo=KST), late=False),
    "disowned": DisownedFacts(**COMMON, disowned_at=ASKED_AT + timedelta(days=1), of_package=False),
    "disowned, the package": DisownedFacts(
        **COMMON, disowned_at=ASKED_AT + timedelta(days=1), of_package=True
    ),
    "refusal": RefusalFacts(
        **COMMON,
        refused_at=ASKED_AT + timedelta(days=3),
        reason=Label(ko="다른 법률이 보관을 정합니다.", en="Another law requires it to be kept."),
        legal_ground=Label(ko="개인정보 보호법 제36조", en="Personal Information Protection Act"),
    ),
    "withdrawal": WithdrawalFacts(
        **COMMON, withdrawn_at=ASKED_AT + timedelta(days=1), was_restricted=True
    ),
}
WHOLE_ACCOUNT: dict[str, LetterFacts] = {
    **{name: replace(facts, kind="deletion", fields=()) for name, facts in CORRECTION.items()},
    "interim": InterimFacts(**ALL_OF_HER, **DELETED),
    "completion": CompletionFacts(**ALL_OF_HER, **DELETED, receipt_link=CERTIFICATE),
    "cooling": CoolingFacts(**ALL_OF_HER, **COOLS_OFF),
    "cooling, second contact": CoolingFacts(**ALL_OF_HER, **COOLS_OFF, go_on_link=GO_ON),
}
NAMED_FIELDS: dict[str, LetterFacts] = {
    **{name: replace(facts, fields=(HOME, MOBILE)) for name, facts in WHOLE_ACCOUNT.items()},
    "interim": InterimFacts(**PART_OF_HER, **{**DELETED, "outcomes": BOTH_DELETED}),
    "completion": CompletionFacts(
        **PART_OF_HER, **{**DELETED, "outcomes": BOTH_DELETED, "kept": ()}, receipt_link=CERTIFICATE
    ),
}
TO_SEE: dict[str, Any] = {**COMMON, "kind": "access", "fields": ()}
TO_BE_SEEN: dict[str, LetterFacts] = {
    **{
        name: replace(CORRECTION[name], kind="access", fields=())
        for name in ("acknowledgement", "challenge", "expiry")
    },
    "cooling": CoolingFacts(**TO_SEE, **COOLS_OFF),
    "cooling, by a guardian": CoolingFacts(**TO_SEE, **COOLS_OFF, relation="guardian"),
    "completion": CompletionFacts(
        **TO_SEE,
        applied_at=RESULTS["applied_at"],
        outcomes=(FieldOutcome(HOME, "provided"), FieldOutcome(MOBILE, "withheld")),
        package=PackageFacts(
            PACKAGE, ASKED_AT + timedelta(days=7), 5, (("members", 1), ("access_logs", 20_000))
        ),
    ),
    "download": DownloadFacts(
        **TO_SEE,
        code=CODE,
        link=PACKAGE,
        not_me_link=NOT_ME,
        ends_at=ASKED_AT + timedelta(hours=1),
    ),
}
RESTRICTED = {**COMMON, "kind": "restriction"}
BOTH_RESTRICTED = (FieldOutcome(HOME, "restricted"), FieldOutcome(MOBILE, "restricted"))
RESTRICTION: dict[str, LetterFacts] = {
    **{name: replace(facts, kind="restriction") for name, facts in CORRECTION.items()},
    "interim": InterimFacts(**RESTRICTED, **{**RESULTS, "outcomes": BOTH_RESTRICTED}),
    "completion": CompletionFacts(
        **RESTRICTED,
        **{**RESULTS, "outcomes": BOTH_RESTRICTED},
        lift_link=LIFT,
        lift_code=LIFT_CODE,
    ),
    "lift": LiftFacts(**RESTRICTED, since=ASKED_AT, code=LIFT_CODE, link=LIFT),
    "lift to a child": LiftFacts(
        **RESTRICTED, relation="guardian", since=ASKED_AT, code=LIFT_CODE, link=LIFT
    ),
    "lifted": LiftedFacts(**RESTRICTED, lifted_at=ASKED_AT + timedelta(days=90), told=(PARCEL,)),
}
OBJECTED = {**COMMON, "kind": "objection", "fields": (MARKETING, COOKIES)}
BOTH_WITHDRAWN = (FieldOutcome(MARKETING, "withdrawn"), FieldOutcome(COOKIES, "unchanged"))
OBJECTION: dict[str, LetterFacts] = {
    **{name: replace(f, **OBJECTED) for name, f in CORRECTION.items()},
    "interim": InterimFacts(**OBJECTED, **{**RESULTS, "outcomes": BOTH_WITHDRAWN}),
    "completion": CompletionFacts(
        **OBJECTED, **{**RESULTS, "outcomes": BOTH_WITHDRAWN, "recipients": ()}
    ),
}
MAIL = Label(ko="이메일", en="E-mail")
CHANGE_OF_ADDRESS: dict[str, LetterFacts] = {
    "confirmation": ConfirmationFacts(
        **{**COMMON, "fields": (MAIL,)},
        code=CODE,
        link=CONFIRM,
        ends_at=ASKED_AT + timedelta(days=3),
    ),
    "notice": AddressNoticeFacts(
        **{**COMMON, "fields": (MAIL,)},
        begins_at=ASKED_AT + timedelta(days=1),
        stop_link=STOP_CHANGE,
        stop_code=STOP_CODE,
    ),
    "acknowledgement, sent twice": AcknowledgementFacts(
        **COMMON,
        deadline=datetime(2026, 12, 2, 15, 0, tzinfo=UTC),
        nothing_arrived_link=NOTHING_ARRIVED,
        same_as="DSR-ACEF-HJKA",
    ),
    "expiry, sent twice": ExpiryFacts(
        **COMMON, expired_at=ASKED_AT + timedelta(days=3), same_as="DSR-ACEF-HJKA"
    ),
    "digest": DigestFacts(**COMMON, codes=3, link=WAITING),
}
PARTLY = (
    FieldOutcome(HOME, "corrected"),
    FieldOutcome(
        MOBILE, "refused", REFUSALS["is_correct"].reason, REFUSALS["is_correct"].legal_ground
    ),
)
ASKED = {**COMMON, "kind": "inquiry", "fields": ()}
DESK: dict[str, LetterFacts] = {
    **{
        f"refusal, {code}": RefusalFacts(
            **COMMON, refused_at=ASKED_AT, reason=ground.reason, legal_ground=ground.legal_ground
        )
        for code, ground in REFUSALS.items()
    },
    **{
        f"extension, {code}": ExtensionFacts(
            **COMMON,
            deadline=datetime(2026, 12, 12, 15, 0, tzinfo=UTC),
            reason=ground.reason,
            legal_ground=ground.legal_ground,
        )
        for code, ground in EXTENSIONS.items()
    },
    "completion, partly": CompletionFacts(**COMMON, **{**RESULTS, "outcomes": PARTLY}),
    "pause": PauseFacts(**COMMON, paused_at=ASKED_AT, missing=tuple(MISSING.values())),
    "approval": ApprovalFacts(
        **COMMON, takes_effect_at=ASKED_AT + timedelta(days=1), stop_link=STOP, stop_code=STOP_CODE
    ),
    "answer": AnswerFacts(
        **ASKED, answered_at=ASKED_AT, answer="We keep orders for five years.\n\nThen they go."
    ),
}
LETTERS: Mapping[str, LetterFacts] = {
    **CORRECTION,
    "challenge, by reply": replace(CHALLENGE, by_reply=True),
    **DESK,
    **CHANGE_OF_ADDRESS,
    **{f"{name}, whole account": facts for name, facts in WHOLE_ACCOUNT.items()},
    **{f"{name}, named fields": facts for name, facts in NAMED_FIELDS.items()},
    **{f"{name}, access": facts for name, facts in TO_BE_SEEN.items()},
    **{f"{name}, restriction": facts for name, facts in RESTRICTION.items()},
    **{f"{name}, objection": facts for name, facts in OBJECTION.items()},
}
COMPOSER = Composer(ORGANISATION)
LANGUAGES = ("ko", "en")


def letter(name: str, language: str) -> Letter:
    """One of `LETTERS`, in words."""
    return COMPOSER.compose(LETTERS[name], language)


class Page(HTMLParser):
    """Elements, in order, and whether each was closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def every(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


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
