"""Attacks on the head of a mail: a value that would be read as something else sends nothing."""

from __future__ import annotations

import traceback

import pytest

from tests.letters import outgoing
from workers.adapters.mailer import Mailer
from workers.adapters.mime import UnsafeHeader, address, build
from workers.adapters.smtp_url import BadSmtpUrl, parse

SENDER = "privacy@smallmachines.co.kr"

ADDRESSES = {
    "second_command": "a@x.kr>\r\nRCPT TO:<evil@x.kr",
    "line_feed": "a@x.kr\nBcc: evil@x.kr",
    "line_end_at_the_end": "a@x.kr\n",
    "nul": "a\x00@x.kr",
    "two_addresses": "a@x.kr,evil@x.kr",
    "two_with_semicolon": "a@x.kr;evil@x.kr",
    "display_name": "Kim <a@x.kr>",
    "angle_brackets": "<a@x.kr>",
    "comment": "a(evil@x.kr)@x.kr",
    "quoted_local_part": '"a b"@x.kr',
    "source_route": "@relay.kr:a@x.kr",
    "percent_relay_with_space": "a%b @x.kr",
    "two_at_signs": "a@b@x.kr",
    "domain_literal": "a@[127.0.0.1]",
    "no_domain": "a@",
    "no_local_part": "@x.kr",
    "double_dot": "a..b@x.kr",
    "leading_dot": ".a@x.kr",
    "domain_double_dot": "a@x..kr",
    "hyphen_first": "a@-x.kr",
    "full_width_at": "a＠x.kr",
    "look_alike_local_part": "аdmin@x.kr",
    "direction_override": "a\u202e@x.kr",
    "esmtp_parameter": "a@x.kr> NOTIFY=SUCCESS",
    "local_part_too_long": "a" * 65 + "@x.kr",
    "too_long": "a@" + ".".join(["b" * 60] * 5),
    "empty": "",
}
TEXTS = {
    "crlf": "Hello\r\nBcc: evil@x.kr",
    "line_feed": "Hello\nBcc: evil@x.kr",
    "carriage_return": "Hello\rBcc: evil@x.kr",
    "nul": "Hello\x00",
    "escape": "Hello\x1b[2J",
    "line_separator": "Hello\u2028Bcc: evil@x.kr",
    "next_line": "Hello\x85Bcc: evil@x.kr",
    "direction_override": "Hello\u202egpj.exe",
    "lone_surrogate": "Hello\ud800",
}


@pytest.mark.parametrize("to", ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_is_more_than_one_plain_address_is_refused(to: str) -> None:
    with pytest.raises(UnsafeHeader) as caught:
        build(outgoing(to=to), SENDER)
    assert caught.value.header == "To"
    with pytest.raises(UnsafeHeader):
        build(outgoing(), to)


@pytest.mark.parametrize(
    "to",
    ["a@x.kr", "first.last+tag@mail.example.co.kr", "o'neil@x.kr", "root@localhost", "_@x-y.kr"],
)
def test_an_ordinary_address_is_taken_as_it_is(to: str) -> None:
    assert address(to) == to


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_would_break_its_header_is_refused(text: str) -> None:
    with pytest.raises(UnsafeHeader):
        build(outgoing(subject=text), SENDER)
    with pytest.raises(UnsafeHeader):
        build(outgoing(), SENDER, text)


@pytest.mark.parametrize("header", ["message_id", "tracking", "language"])
@pytest.mark.parametrize("value", ["", "a\r\nBcc: evil@x.kr", "a\n", "<a@x.kr> <b@x.kr>", "가"])
def test_a_machine_header_takes_its_own_form_only(header: str, value: str) -> None:
    with pytest.raises(UnsafeHeader):
        build(outgoing(**{header: value}), SENDER)


async def test_a_refused_address_reaches_neither_a_server_nor_an_exception() -> None:
    # Nothing listens there: if anything were sent, the result would be `put_off`.
    async with Mailer("smtp://127.0.0.1:1", sender=SENDER) as mailer:
        result = await mailer.send(outgoing(to=ADDRESSES["second_command"]))
    assert (result.status, result.code) == ("refused", "unsafe-to")
    with pytest.raises(UnsafeHeader) as caught:
        address(ADDRESSES["second_command"])
    assert "evil" not in "".join(traceback.format_exception_only(caught.value))


def test_a_sender_that_is_no_address_is_found_out_at_the_start() -> None:
    with pytest.raises(UnsafeHeader):
        Mailer("smtp://127.0.0.1:1", sender="Privacy <privacy@x.kr>")


URLS = {
    "other_scheme": "http://user:hunter2@mail.x.kr",
    "no_host": "smtp://",
    "path": "smtp://user:hunter2@mail.x.kr/inbox",
    "unknown_option": "smtp://user:hunter2@mail.x.kr?verify=no",
    "misspelt_starttls": "smtp://user:hunter2@mail.x.kr?starttls=require",
    "starttls_inside_tls": "smtps://user:hunter2@mail.x.kr?starttls=required",
    "bad_port": "smtp://user:hunter2@mail.x.kr:99999",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_wrong_server_address_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(BadSmtpUrl) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)


def test_a_password_never_shows_in_the_servers_description() -> None:
    server = parse("smtp://user:hunter2%21@mail.x.kr")
    assert server.password == "hunter2!"
    assert "hunter2" not in repr(server)


def test_with_a_password_starttls_cannot_be_hidden_from_us() -> None:
    assert parse("smtp://user:pw@mail.x.kr").starttls is True
    assert parse("smtp://mail.x.kr").starttls is None
    assert parse("smtp://user:pw@mail.x.kr?starttls=never").starttls is False
