"""Mails that are not clear about who sent them: nobody is answered on their word."""

from __future__ import annotations

import pytest

from tests.mails import CORRECTION, MINJI, OFFICE, case, decided, filled, raw
from workers.channels.mailbox.deciding import Publish
from workers.channels.mailbox.parsing import parse

EVIL = "evil@elsewhere.example"
FORM = filled(**CORRECTION)


def answered(mail: bytes) -> str | None:
    made: str | None = case(mail)["requester"].get("email")
    return made


def test_two_from_headers_are_a_case_that_nobody_is_answered_about() -> None:
    mail = raw(FORM, more=(f"From: {EVIL}",))
    assert answered(mail) is None
    assert "sender: 2" in case(mail)["statement"]


@pytest.mark.parametrize(
    "sender", [f"{MINJI}, {EVIL}", f"<{MINJI}>, <{EVIL}>", f"{MINJI}, <{EVIL}>", f"{MINJI} {EVIL}"]
)
def test_several_addresses_in_one_from_header_are_too(sender: str) -> None:
    assert answered(raw(FORM, sender=sender)) is None


@pytest.mark.parametrize(
    "sender",
    [
        f"{MINJI} <{EVIL}>",
        f'"{MINJI}" <{EVIL}>',
        f'"<{MINJI}>" <{EVIL}>',
        f"=?utf-8?q?{MINJI.replace('@', '=40')}?= <{EVIL}>",
        f"=?utf-8?q?=3C{MINJI.replace('@', '=40')}=3E?= <{EVIL}>",
    ],
)
def test_a_display_name_that_is_somebodys_address_is_no_address(sender: str) -> None:
    assert parse(raw(sender=sender)).senders == (EVIL,)


@pytest.mark.parametrize("sender", ["", "nobody", "<>", "a@b@c", "@"])
def test_a_from_that_is_no_address_names_nobody(sender: str) -> None:
    assert answered(raw(FORM, sender=sender)) is None


def test_a_reply_to_that_leads_elsewhere_is_ignored() -> None:
    decision = decided(raw(FORM, more=(f"Reply-To: {EVIL}",)))
    assert isinstance(decision, Publish)
    assert decision.content["requester"]["email"] == MINJI
    assert EVIL not in str(decision.content)


def test_a_mail_that_fails_dmarc_is_intake_like_any_other() -> None:
    """The challenge goes to the contact on file, whoever wrote."""
    headers = ("Authentication-Results: mx.corp.example; dmarc=fail",)
    decision = decided(raw(FORM, more=headers))
    assert decision == decided(raw(FORM))
    assert decision == decided(raw(FORM), OFFICE)


def test_a_forged_authentication_result_changes_nothing() -> None:
    headers = ("Authentication-Results: mx.evil.example; dmarc=pass",)
    assert decided(raw(FORM, more=headers)) == decided(raw(FORM))
    assert "dmarc" not in case(raw("개인정보", more=headers))["statement"]
