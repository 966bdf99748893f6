"""Mails as people and programs send them, to the byte."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from quopri import encodestring
from typing import Any

from tests.cast import datamap
from workers.channels.mailbox.deciding import Belongs, Decision, Office, Publish, decide
from workers.channels.mailbox.form import template
from workers.channels.mailbox.parsing import parse

ARRIVED = datetime(2026, 11, 23, 0, 5, tzinfo=UTC)
DOMAIN = "dsr.localhost"
REQUEST = "0193a7c0-0000-4000-8000-000000000001"
TRACKING = "DSR-JE3Y-6A42"
OFFICE = Office(datamap(), DOMAIN, "privacy@corp.example", "ko")
MINJI = "minji@mail.example"


def raw(
    text: str | bytes = "제 개인정보 중 자택 주소를 정정해 주세요.",
    *,
    sender: str = f"=?utf-8?b?{b64encode('김민지'.encode()).decode()}?= <{MINJI}>",
    charset: str = "utf-8",
    encoding: str = "8bit",
    subject: str = "Request",
    more: tuple[str, ...] = (),
    date: str = "Mon, 23 Nov 2026 09:00:00 +0900",
    message_id: str = "<m1@mail.example>",
    subtype: str = "plain",
) -> bytes:
    """One mail with one part."""
    codec = "cp949" if charset.lower() in {"euc-kr", "ks_c_5601-1987"} else charset
    body = text if isinstance(text, bytes) else text.encode(codec)
    if encoding == "base64":
        body = b64encode(body)
    elif encoding == "quoted-printable":
        body = encodestring(body)
    head = [
        *more,
        f"From: {sender}",
        "To: privacy@corp.example",
        f"Subject: {subject}",
        f"Date: {date}",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
        f"Content-Type: text/{subtype}; charset={charset}",
        f"Content-Transfer-Encoding: {encoding}",
    ]
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + body + b"\r\n"


def multipart(*parts: tuple[str, bytes], more: tuple[str, ...] = (), **other: Any) -> bytes:
    """A mail of several parts, each its headers and its body."""
    kind = other.pop("kind", "mixed")
    sender = other.pop("sender", MINJI)
    head = "\r\n".join(
        (
            *more,
            f"From: {sender}",
            f"Subject: {other.pop('subject', 'Request')}",
            "Date: Mon, 23 Nov 2026 09:00:00 +0900",
            f"Message-ID: {other.pop('message_id', '<m2@mail.example>')}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/{kind}; boundary="edge"',
            "",
            "",
        )
    ).encode()
    made = b"".join(
        b"--edge\r\n" + headers.encode() + b"\r\n\r\n" + body + b"\r\n" for headers, body in parts
    )
    return head + made + b"--edge--\r\n"


def bounce(address: str, message_id: str, *, sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    """A report as Postfix writes it."""
    status = (
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user"
    )
    return multipart(
        ("Content-Type: text/plain", f"<{address}>: no such user".encode()),
        ("Content-Type: message/delivery-status", status.encode()),
        ("Content-Type: text/rfc822-headers", f"Message-ID: {message_id}\r\n".encode()),
        kind="report; report-type=delivery-status",
        sender=sender,
        more=("Return-Path: <>", "Auto-Submitted: auto-replied"),
    )


def filled(language: str = "ko", **lines: str) -> str:
    """The template with some of its lines filled in."""
    made = template(datamap(), language)
    for label, value in lines.items():
        assert f"{label}:" in made, label
        made = made.replace(f"\n{label}:", f"\n{label}: {value}", 1)
    return made


CORRECTION = {
    "요청": "정정",
    "신청인": "본인",
    "이름": "김민지",
    "로그인 ID": "minji.kim",
    "등록된 이메일": MINJI,
    "* 자택 주소 / postcode": "06236",
    "* 자택 주소 / road": "서울특별시 강남구 테헤란로 152",
    "* 취미": "등산, 사진",
}


def decided(mail: bytes, office: Office = OFFICE, arrived: datetime = ARRIVED) -> Decision:
    """What is done about it."""
    return decide(parse(mail), arrived, office)


def case(mail: bytes, office: Office = OFFICE) -> dict[str, Any]:
    """The inquiry that it becomes."""
    decision = decided(mail, office)
    if isinstance(decision, Belongs):
        decision = decision.otherwise
    assert isinstance(decision, Publish)
    assert decision.content["kind"] == "inquiry"
    return decision.content
