"""Programs that answer a mail: they are not answered, and prove nothing."""

from __future__ import annotations

import pytest

from tests.mails import CORRECTION, TRACKING, bounce, case, decided, filled, raw
from workers.channels.mailbox.deciding import Leave, Publish

QUOTING = f"I am away.\n\n87654321\n\n{TRACKING}"
ANSWERS = [
    ("Auto-Submitted: auto-replied",),
    ("Auto-Submitted: auto-replied; owner-email=a@b",),
    ("Precedence: auto_reply",),
    ("X-Autoreply: yes",),
]
PROGRAMS = [
    ("Auto-Submitted: auto-generated",),
    ("Return-Path: <>",),
    ("List-Id: <news.example>",),
    ("Precedence: bulk",),
    ("X-Auto-Response-Suppress: All",),
]


@pytest.mark.parametrize("headers", ANSWERS)
@pytest.mark.parametrize("text", [QUOTING, "87654321\n> " + TRACKING, filled(**CORRECTION)])
def test_an_automatic_answer_that_quotes_the_challenge_proves_nothing(
    headers: tuple[str, ...], text: str
) -> None:
    assert decided(raw(text, more=headers)) == Leave("auto-replied")


@pytest.mark.parametrize("subject", ["Automatic reply: code", "Out of office", "[자동회신] 부재중"])
def test_one_that_only_its_subject_gives_away_proves_nothing(subject: str) -> None:
    mail = raw("87654321\n> " + TRACKING, subject=subject)
    assert decided(mail) == Leave("auto-replied")


def test_one_that_nothing_gives_away_and_that_quotes_without_marks_proves_nothing() -> None:
    decision = decided(raw(QUOTING))
    assert not (isinstance(decision, Publish) and decision.word == "proof")


@pytest.mark.parametrize("headers", PROGRAMS)
def test_what_a_program_sent_is_read_by_a_person_and_not_answered(headers: tuple[str, ...]) -> None:
    for text in ("제 개인정보를 삭제해 주세요", "87654321\n> " + TRACKING, filled(**CORRECTION)):
        content = case(raw(text, more=headers))
        assert "email" not in content["requester"]
        assert "automatic" in content["statement"]


def test_a_report_on_no_mail_of_ours_is_left() -> None:
    assert decided(bounce("a@b.example", "<x@y>")) == Leave("report")
