"""Mails made to break their reader: read in a process that can be ended, and never lost."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from schemas.base import single_line
from tests.cast import said
from tests.mails import ARRIVED, MINJI, case, multipart, raw
from workers.adapters import mail_reader
from workers.adapters.mail_reader import SeparateReader
from workers.channels.mailbox.mail import Mail
from workers.channels.mailbox.parsing import TooMuch, parse
from workers.ports.mailbox import RawMail


async def read(content: bytes, *, whole: bool = True) -> Mail:
    found = await SeparateReader().read(RawMail("1.1", ARRIVED, content, whole))
    assert found is not None
    return Mail.from_json(found)


def nested(depth: int) -> bytes:
    head = f"From: {MINJI}\r\nSubject: deep\r\n".encode()
    opens = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(depth)
    )
    return head + opens + b"\r\nhello\r\n"


async def test_fifteen_hundred_nested_parts_are_read_by_their_header_alone() -> None:
    mail = await read(nested(1500))
    assert (mail.whole, mail.subject, mail.senders) == (False, "deep", (MINJI,))


def test_more_parts_than_a_person_sends_are_too_much() -> None:
    with pytest.raises(TooMuch):
        parse(multipart(*[("Content-Type: text/plain", b"x")] * 200))
    with pytest.raises((TooMuch, RecursionError)):
        parse(nested(50))


async def test_twenty_thousand_recipients_hold_nobody_up() -> None:
    to = "To: " + ",\r\n ".join(f"a{n}@elsewhere.example" for n in range(20_000))
    began = time.monotonic()
    assert (await read(raw(more=(to,)))).senders == (MINJI,)
    assert time.monotonic() - began < 5


async def test_twenty_thousand_senders_do_not_either() -> None:
    senders = ", ".join(f"a{n}@elsewhere.example" for n in range(20_000))
    assert len((await read(raw(sender=senders))).senders) > 1


async def test_a_zip_bomb_is_a_file_and_never_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\x00" * (50 * 1024 * 1024))
    bomb = packed.getvalue()
    head = "Content-Type: application/zip\r\nContent-Disposition: attachment; filename=b.zip"
    mail = await read(multipart(("Content-Type: text/plain", b"look"), (head, bomb)))
    assert mail.attachments[0].content.startswith(bomb[:1000])
    assert len(mail.attachments[0].content) < 100_000


async def test_fifty_megabytes_are_read_by_their_header_alone() -> None:
    mail = await read(raw(b"x" * (50 * 1024 * 1024)))
    assert (mail.whole, mail.text, mail.senders) == (False, "", (MINJI,))


async def test_what_holds_its_reader_up_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_reader, "PATIENCE", 0.001)
    assert await SeparateReader().read(RawMail("1.1", ARRIVED, raw())) is None


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?Hello=0D=0ABcc:_evil@elsewhere.example?=",
        "=?utf-8?b?SGVsbG8NCkJjYzogZXZpbEBlbHNld2hlcmUuZXhhbXBsZQ==?=",
        "Hello\r\n Bcc: evil@elsewhere.example",
        "=?utf-8?q?Hello=E2=80=A8=E2=80=AEBcc:?= evil@elsewhere.example",
    ],
)
def test_an_encoded_newline_in_the_subject_is_a_space(subject: str) -> None:
    assert single_line(parse(raw(subject=subject)).subject).startswith("Hello")
    assert said(case(raw("개인정보", subject=subject))).statement


def test_the_same_mail_a_hundred_times_is_one() -> None:
    copies = [raw("제 개인정보", more=(f"Received: by mx{n}",)) for n in range(100)]
    made = [said(case(copy)) for copy in copies]
    assert len({one.submission_id for one in made}) == 1
    assert len({one.canonical() for one in made}) == 1


def test_another_mail_under_a_message_id_that_is_taken_is_another() -> None:
    mine, theirs = said(case(raw("제 개인정보"))), said(case(raw("개인정보 삭제")))
    assert mine.submission_id != theirs.submission_id


@pytest.mark.parametrize(
    "message_id", ["<a@b>\r\nBcc: evil@b", "<" + "x" * 5000 + "@b>", "<a b@c>", "a@b", "<>"]
)
def test_a_message_id_that_is_none_leads_to_no_thread(message_id: str) -> None:
    thread = case(raw("개인정보", message_id=message_id)).get("in_reply_to", "<a@b>")
    assert thread == "<a@b>"


def test_characters_that_may_not_be_are_taken_out() -> None:
    said(case(raw("개인정보 \x00\x1b[2J \u202e반대로 \u2028줄")))


async def test_a_mail_that_is_no_mail_is_read_as_far_as_it_goes() -> None:
    for content in (b"", b"\x00" * 1000, b"\r\n\r\n", bytes(range(256)) * 20):
        assert (await read(content)).senders == ()
