"""Whatever a mail's label says, its words are read as the person wrote them."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.mails import MINJI, bounce, multipart, raw
from workers.channels.mailbox.mail import Mail
from workers.channels.mailbox.parsing import parse, parse_head

WORDS = "집 주소가 바뀌었습니다. 뷁 똠방각하"


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "euc-kr", "ks_c_5601-1987", "cp949", "EUC-KR"])
def test_korean_is_read_in_every_charset_and_encoding(charset: str, encoding: str) -> None:
    """뷁 is not in EUC-KR: what calls itself so is CP949."""
    assert parse(raw(WORDS, charset=charset, encoding=encoding)).text == WORDS


@pytest.mark.parametrize("label", ["x-unknown", "zlib", "rot13", "unicode_escape", "", '"', "한글"])
@pytest.mark.parametrize("codec", ["utf-8", "cp949"])
def test_an_unknown_charset_is_guessed_and_never_asked_of_python(label: str, codec: str) -> None:
    mail = raw(WORDS.encode(codec)).replace(b"charset=utf-8", b"charset=" + label.encode())
    assert parse(mail).text == WORDS


def test_a_wrong_label_is_not_believed() -> None:
    assert parse(raw(WORDS.encode("cp949"), charset="utf-8")).text == WORDS
    assert parse(raw(WORDS.encode(), charset="us-ascii")).text == WORDS


@pytest.mark.parametrize(
    "subject",
    [
        f"=?euc-kr?b?{b64encode(WORDS.encode('cp949')).decode()}?=",
        f"=?utf-8?b?{b64encode(WORDS.encode()).decode()}?=",
        f"=?x-unknown?b?{b64encode(WORDS.encode()).decode()}?=",
        WORDS,
    ],
)
def test_a_subject_is_read_in_every_form(subject: str) -> None:
    assert parse(raw(subject=subject)).subject == WORDS


def test_html_alone_is_read_as_a_person_sees_it() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><p>주소를&nbsp;바꿔 주세요</p>"
        "<script>x()</script><blockquote><p>12345678</p></blockquote></body></html>"
    )
    text = parse(raw(html, subtype="html")).text
    assert "주소를 바꿔 주세요" in text
    assert "x()" not in text
    assert "> 12345678" in text


def test_the_plain_half_is_read_and_the_html_half_is_no_file() -> None:
    mail = parse(
        multipart(
            ("Content-Type: text/html; charset=utf-8", b"<p>other</p>"),
            ("Content-Type: text/plain; charset=utf-8", b"plain"),
            kind="alternative",
        )
    )
    assert (mail.text, mail.attachments) == ("plain", ())


def test_a_file_is_kept_as_it_came_with_a_name_that_is_no_path() -> None:
    mail = parse(
        multipart(
            ("Content-Type: text/plain", b"see the file"),
            ('Content-Type: image/png\r\nContent-Disposition: attachment; filename="../../id.png"',
             b"\x89PNG"),
        )
    )  # fmt: skip
    (file,) = mail.attachments
    assert (file.name, file.content.strip()) == (".._.._id.png", b"\x89PNG")


def test_a_mail_that_was_forwarded_as_a_file_is_a_file() -> None:
    mail = parse(
        multipart(
            ("Content-Type: text/plain", b"see below"),
            ("Content-Type: message/rfc822", raw("inner", sender="other@elsewhere.example")),
        )
    )
    assert (mail.text, mail.senders) == ("see below", (MINJI,))
    assert b"inner" in mail.attachments[0].content


def test_more_files_than_can_be_kept_are_counted() -> None:
    file = ("Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png", b"x")
    mail = parse(multipart(("Content-Type: text/plain", b"x"), *[file] * 13))
    assert (len(mail.attachments), mail.left_out) == (10, 3)


def test_a_report_says_whom_and_what() -> None:
    mail = parse(bounce("minji@mail.example", "<a.challenge-1@dsr.localhost>"))
    assert mail.bounced == ("minji@mail.example",)
    assert mail.reported == ("<a.challenge-1@dsr.localhost>",)


def test_the_same_mail_delivered_again_is_the_same_and_another_is_not() -> None:
    first = parse(raw(more=("Received: by mx1",)))
    assert first.digest == parse(raw(more=("Received: by mx2",))).digest
    assert first.digest != parse(raw("다른 말")).digest


def test_a_mail_goes_through_the_pipe_as_it_is() -> None:
    mail = parse(
        multipart(
            ("Content-Type: text/plain; charset=utf-8", "말".encode()),
            ("Content-Type: image/png\r\nContent-Disposition: attachment; filename=a", b"\x00\xff"),
        )
    )
    assert Mail.from_json(mail.to_json()) == mail


def test_a_header_alone_says_that_it_is_no_more() -> None:
    mail = parse_head(raw(subject="Large"))
    assert (mail.subject, mail.senders, mail.whole, mail.text) == ("Large", (MINJI,), False, "")


@pytest.mark.parametrize(
    ("headers", "noted"),
    [
        (
            ("Authentication-Results: mx.corp.example; spf=pass; dmarc=fail",),
            "spf pass, dmarc fail",
        ),
        (("Authentication-Results: mx.corp.example 1; dkim=pass",), "dkim pass"),
        (("Authentication-Results: evil.example; dmarc=pass",), ""),
        ((), ""),
        (
            (
                "Authentication-Results: mx.corp.example; dmarc=fail",
                "Authentication-Results: mx.corp.example; dmarc=pass",
            ),
            "dmarc fail",
        ),
    ],
)
def test_only_what_the_own_border_server_wrote_last_is_noted(
    headers: tuple[str, ...], noted: str
) -> None:
    assert parse(raw(more=headers), "mx.corp.example").authentication == noted
    assert parse(raw(more=headers)).authentication == ""
