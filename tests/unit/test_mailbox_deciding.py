"""A mail becomes a request, a proof, or a case for the desk; nothing unread is acted upon."""

from __future__ import annotations

import pytest

from schemas.submission import Proof, Submission, Withdrawal
from tests.cast import said
from tests.mails import (
    ARRIVED,
    CORRECTION,
    DOMAIN,
    MINJI,
    REQUEST,
    TRACKING,
    bounce,
    case,
    decided,
    filled,
    multipart,
    raw,
)
from workers.channels.mailbox.deciding import Belongs, Leave, Publish, Unreachable
from workers.channels.mailbox.quoting import above, code_in

OUR_MAIL = f"<{REQUEST}.challenge-1@{DOMAIN}>"
QUOTED = f"""
2026년 11월 23일 (월) 오전 9:01, SMALLMACHINES <privacy@corp.example>님이 작성:
> 접수번호: {TRACKING}
>
> 87654321
>
> https://privacy.corp.example/proof/{TRACKING}/abc
"""


def published(mail: bytes) -> Publish:
    decision = decided(mail)
    assert isinstance(decision, Publish)
    return decision


def request(text: str, **other: str) -> Submission:
    decision = published(raw(text, **other))  # type: ignore[arg-type]
    assert decision.word == "submission"
    return said(decision.content)


def test_a_filled_in_template_is_a_request() -> None:
    made = request(filled(**CORRECTION))
    assert (made.kind, made.channel, made.language) == ("correction", "email", "ko")
    assert made.requester.email == MINJI
    assert made.subject.identifiers() == {
        "login_id": "minji.kim", "name": "김민지", "email": MINJI,
    }  # fmt: skip
    changes = {change.field: change.value for change in made.changes}
    assert changes["hobbies"] == ["등산", "사진"]
    assert changes["home_address"]["road"] == "서울특별시 강남구 테헤란로 152"
    assert made.in_reply_to == "<m1@mail.example>"


def test_so_is_one_in_english_that_was_filled_in_inside_a_quotation() -> None:
    form = filled("en", **{"Request": "delete", "E-mail on file": MINJI, "About": "Hobbies"})
    made = request("Here it is.\n\n" + "\n".join(f"> {line}" for line in form.split("\n")))
    assert (made.kind, made.fields, made.language) == ("deletion", ("hobbies",), "en")


def test_an_objection_names_purposes() -> None:
    made = request(
        filled(요청="동의철회", **{"등록된 이메일": MINJI, "대상 항목": "마케팅 및 광고"})
    )
    assert (made.kind, made.fields) == ("objection", ("marketing",))


def test_a_guardian_says_so() -> None:
    made = request(
        filled(요청="열람", 신청인="법정대리인", 이름="이서연", **{"신청인 이름": "이지호"})
    )
    assert (made.requester.relation, made.requester.name) == ("guardian", "이지호")
    assert made.subject.name == "이서연"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ({**CORRECTION, "요청": "아무거나"}, "unclear_kind"),
        ({**CORRECTION, "* 자택 주소 / postcode": "six"}, "value_refused"),
        ({"요청": "삭제", "이름": "김민지", "대상 항목": "없는 항목"}, "unknown_field"),
        ({**CORRECTION, "신청인": "이웃"}, "unclear_relation"),
    ],
)
def test_a_form_that_does_not_fit_is_never_guessed_at(lines: dict[str, str], fault: str) -> None:
    content = case(raw(filled(**lines)))
    assert fault in content["statement"].split("]")[0]


def test_a_form_without_anybody_in_it_goes_to_the_desk() -> None:
    assert case(raw(filled(요청="열람")))["kind"] == "inquiry"


def test_two_forms_in_one_mail_go_to_the_desk() -> None:
    both = filled(**CORRECTION) + filled(요청="삭제", 이름="김민지")
    assert "two_forms" in case(raw(both))["statement"]


@pytest.mark.parametrize(
    ("text", "kind", "field"),
    [
        ("제 개인정보 중 자택 주소를 정정해 주세요.", "correction", "home_address"),
        ("탈퇴하고 싶습니다. 개인정보를 모두 삭제해 주세요.", "deletion", ""),
        ("What data do you hold about me? I want a copy of my data.", "access", ""),
        ("Please change my E-mail, it is wrong.", "correction", "email"),
        ("광고 메일 보내지 마세요. 개인정보 동의를 철회합니다.", "objection", ""),
    ],
)
def test_free_text_goes_to_the_desk_with_a_suggestion(text: str, kind: str, field: str) -> None:
    content = case(raw(text))
    notes, _, words = content["statement"].partition("]\n\n")
    assert f"kind: {kind}?" in notes
    assert field in notes
    assert text in words
    assert said(content).requester.email == MINJI


def test_mail_that_speaks_of_nobodys_data_gets_no_answer() -> None:
    content = case(raw("Buy cheap watches now"))
    assert "email" not in content["requester"]
    assert content["subject"] == {"email": MINJI}


def test_long_mail_is_cut_and_says_so() -> None:
    statement = said(case(raw("개인정보 " * 2000))).statement
    assert len(statement) == 4000
    assert statement.endswith("[…]")


@pytest.mark.parametrize(
    "typed", ["87654321", "8765 4321", "8765-4321", " 87654321 \n\n감사합니다"]
)
def test_a_code_above_the_quotation_is_a_proof(typed: str) -> None:
    decision = published(raw(typed + "\n" + QUOTED, more=(f"In-Reply-To: {OUR_MAIL}",)))
    assert decision.word == "proof"
    proof = Proof.model_validate(decision.content)
    assert (proof.tracking, proof.code, proof.channel) == (TRACKING, "87654321", "email")


@pytest.mark.parametrize(
    "text",
    [
        QUOTED,
        "감사합니다" + QUOTED,
        "87654321\n12345678" + QUOTED,
        f"접수번호: {TRACKING}\n87654321",
        f"87654321\nhttps://privacy.corp.example/proof/{TRACKING}/abc",
        "전화번호는 010-8765-4321 입니다" + QUOTED,
    ],
)
def test_a_code_that_was_only_quoted_proves_nothing(text: str) -> None:
    assert not isinstance(decided(raw(text)), Publish) or published(raw(text)).word != "proof"


@pytest.mark.parametrize(
    "mark",
    [
        "> 12345678",
        "-----Original Message-----\n12345678",
        "-----원본 메시지-----\n12345678",
        "On Mon, Nov 23, 2026 at 9:01 AM Privacy <p@corp.example> wrote:\n12345678",
        "On Mon, Nov 23, 2026 at 9:01 AM Privacy\n<p@corp.example> wrote:\n12345678",
        "보낸 사람: Privacy <p@corp.example>\n12345678",
        "From: Privacy <p@corp.example>\n12345678",
        "________________________________\n12345678",
    ],
)
def test_every_mail_program_marks_what_it_quotes(mark: str) -> None:
    assert above(f"네\n{mark}") == "네"
    assert code_in(f"네\n{mark}") is None


@pytest.mark.parametrize(
    "words",
    [
        "철회",
        "요청을 철회합니다.",
        "접수 취소해 주세요",
        "삭제를 멈추고 싶습니다\n중단",
        "Withdraw",
        "Please cancel my request.",
        "I withdraw the request",
        "stop the deletion",
    ],
)
def test_a_code_beside_a_line_that_withdraws_is_a_withdrawal(words: str) -> None:
    decision = published(raw(f"{words}\n\n87654321\n{QUOTED}"))
    assert decision.word == "withdrawal"
    taken_back = Withdrawal.model_validate(decision.content)
    assert (taken_back.tracking, taken_back.code) == (TRACKING, "87654321")
    assert taken_back.channel == "email"
    again = published(raw(f"{words}\n\n87654321\n{QUOTED}"))
    assert again.content == decision.content


@pytest.mark.parametrize(
    "words",
    [
        "철회하지 않습니다",
        "취소된 주문이 있었습니다",
        "I do not want to cancel it",
        "Should I stop?",
    ],
)
def test_where_it_is_not_plain_what_a_code_is_for_a_person_reads_it(words: str) -> None:
    decision = decided(raw(f"{words}\n87654321\n{QUOTED}"))
    assert isinstance(decision, Belongs)
    assert words in decision.otherwise.content["statement"]
    assert "87654321" not in decision.otherwise.content["statement"]


def test_a_signature_is_no_word_about_a_code() -> None:
    assert published(raw(f"87654321\n-- \n구독 취소: 여기\n{QUOTED}")).word == "proof"


@pytest.mark.parametrize("sent_by", ["Auto-Submitted: auto-generated", "Precedence: bulk"])
def test_no_program_withdraws(sent_by: str) -> None:
    mail = raw(f"철회\n87654321\n{QUOTED}", more=(sent_by,))
    assert not isinstance(decided(mail), Publish) or published(mail).word == "submission"


@pytest.mark.parametrize(
    "text", [f"{QUOTED}\n철회", f"철회\n{QUOTED}", f"철회\n> 87654321\n{QUOTED}"]
)
def test_a_withdrawal_takes_a_code_above_the_quotation(text: str) -> None:
    decision = decided(raw(text))
    assert not isinstance(decision, Publish) or decision.word == "submission"


def test_an_answer_to_a_mail_of_ours_belongs_to_its_request() -> None:
    mail = raw("자료를 보냅니다" + QUOTED, more=(f"References: <x@y> {OUR_MAIL}",))
    decision = decided(mail)
    assert isinstance(decision, Belongs)
    assert (decision.request, decision.tracking, decision.sender) == (REQUEST, TRACKING, MINJI)
    assert "87654321" not in decision.otherwise.content["statement"]


def test_a_report_marks_the_address_and_asks_for_nothing() -> None:
    assert decided(bounce(MINJI, OUR_MAIL)) == (Unreachable(REQUEST, "challenge-1", MINJI),)
    assert decided(bounce(MINJI, "<other@elsewhere.example>")) == Leave("report")


def test_our_own_mail_is_left() -> None:
    assert decided(raw(sender="Privacy <privacy@corp.example>")) == Leave("own_mail")


def test_files_are_kept_with_a_case() -> None:
    mail = multipart(
        ("Content-Type: text/plain; charset=utf-8", "개인정보 열람".encode()),
        ("Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png", b"x"),
    )
    decision = published(mail)
    assert decision.files
    assert "files: 1" in decision.content["statement"]


def test_so_are_files_beside_a_form() -> None:
    mail = multipart(
        ("Content-Type: text/plain; charset=utf-8", filled(**CORRECTION).encode()),
        ("Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png", b"x"),
    )
    decision = published(mail)
    assert (decision.content["kind"], decision.files) == ("correction", True)


def test_the_clock_starts_when_the_mail_was_sent_if_that_can_be() -> None:
    sent = published(raw()).content["submitted_at"]
    assert sent == "2026-11-23T09:00:00+09:00"
    for date in ("Mon, 2 Nov 2026 09:00:00 +0900", "Mon, 23 Nov 2037 09:00:00 +0900", "soon"):
        decision = decided(raw(date=date))
        assert isinstance(decision, Publish)
        assert decision.content["submitted_at"] == ARRIVED.isoformat()
