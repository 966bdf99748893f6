"""The bytes of a mail, read back by the standard library."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.letters import LETTERS, ORGANISATION, outgoing
from workers.adapters.mime import build
from workers.emails import Composer

SENDER = "privacy@smallmachines.co.kr"
COMPOSER = Composer(ORGANISATION)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


@pytest.mark.parametrize("purpose", LETTERS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_mail_is_read_back_whole_and_without_a_defect(purpose: str, language: str) -> None:
    letter = COMPOSER.compose(LETTERS[purpose], language)
    mail = outgoing(subject=letter.subject, text=letter.text, html=letter.html, language=language)
    message = read(build(mail, SENDER, "스몰머신즈 개인정보 담당"))
    parts = list(message.walk())
    assert [part.get_content_type() for part in parts] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert [part.defects for part in parts] == [[], [], []]
    assert [value.defects for value in message.values()] == [()] * len(message.values())
    assert message["Subject"] == letter.subject
    assert message["From"].addresses[0].addr_spec == SENDER
    assert message["From"].addresses[0].display_name == "스몰머신즈 개인정보 담당"
    assert message["To"].addresses[0].addr_spec == mail.to
    assert len(message["To"].addresses) == 1
    assert body(message, "plain") == letter.text
    assert body(message, "html") == letter.html


def test_the_headers_of_the_contract_are_there_once() -> None:
    message = read(build(outgoing(), SENDER))
    assert message.get_all("Message-ID") == ["<3f2a.challenge-1@mail.smallmachines.co.kr>"]
    assert message.get_all("Auto-Submitted") == ["auto-generated"]
    assert message.get_all("X-DSR-Tracking") == ["DSR-7K3M-Q9XA"]
    assert message.get_all("MIME-Version") == ["1.0"]
    assert message["Content-Language"] == "ko"


def test_the_date_is_the_one_given() -> None:
    seoul = timezone(timedelta(hours=9))
    moment = datetime(2026, 11, 22, 9, 30, tzinfo=seoul)
    assert read(build(outgoing(date=moment), SENDER))["Date"].datetime == moment


def test_the_code_stands_alone_on_its_line_for_a_reader_that_splits_at_lf() -> None:
    assert "04820193" in body(read(build(outgoing(), SENDER)), "plain").split("\n")


def test_two_builds_of_a_mail_are_identical_and_other_mails_have_another_boundary() -> None:
    first, again = build(outgoing(), SENDER), build(outgoing(), SENDER)
    other = build(outgoing(message_id="<3f2b.challenge-1@mail.smallmachines.co.kr>"), SENDER)
    assert first == again
    assert read(first).get_boundary() != read(other).get_boundary()


@pytest.mark.parametrize(
    "subject",
    [
        "Plain words",
        "=?utf-8?q?not_a_word?=",
        "가" * 200,
        "mixed 한글 and 😀 beyond the basic plane " * 5,
        " leading and trailing ",
        "x" * 300,
    ],
)
def test_any_subject_is_read_back_as_it_was(subject: str) -> None:
    raw = build(outgoing(subject=subject), SENDER)
    assert read(raw)["Subject"] == subject


def test_lines_keep_to_the_limits_of_mail() -> None:
    long = "긴 제목 " * 80
    raw = build(outgoing(subject=long, text=long * 50), SENDER, "아주 긴 이름 " * 20)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_no_line_begins_with_a_dot_so_that_smtp_has_none_to_double() -> None:
    raw = build(outgoing(text="one\n.\n..\n", subject="." * 200), SENDER, "." * 200)
    assert b"\n." not in raw
    assert body(read(raw), "plain") == "one\n.\n..\n"
