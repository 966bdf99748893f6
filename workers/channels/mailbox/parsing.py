"""Bytes to a `Mail`. Run in a process with caps (`reader`): a mail may be made to break a parser.

Recipients are not read at all; nested mails and archives are files like any other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime

from workers.channels.mailbox import automatic
from workers.channels.mailbox.html import text_of
from workers.channels.mailbox.mail import Attachment, Mail
from workers.channels.mailbox.words import decoded, header, plain

MOST_PARTS = 100
DEEPEST = 20
MOST_ATTACHMENTS = 10
LARGEST_ATTACHMENT = 8 * 1024 * 1024
LONGEST_TEXT = 100_000
LONGEST_HEAD = 256 * 1024
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>")
_ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]]{1,64}@[^\s@<>,;:\"\\()\[\]]{1,255}")


class TooMuch(Exception):
    """The mail has more parts, or deeper ones, than a person sends."""


def parse(raw: bytes, border: str = "") -> Mail:
    """The whole mail; raises on what is made to break a reader."""
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    leaves = list(_leaves(message))
    texts = [part for part in leaves if _is_text(part)]
    first = next((p for p in texts if p.get_content_type() == "text/plain"), None)
    first = first or next(iter(texts), None)
    said = _text(first) if first is not None else ""
    others = [part for part in leaves if part is not first and not _is_alternative(part, texts)]
    files = [_file(part) for part in others]
    kept = tuple(f for f in files if len(f.content) <= LARGEST_ATTACHMENT)[:MOST_ATTACHMENTS]
    about = automatic.why(message)
    reports = about in {"report", "null_sender"} or _is_mailer_daemon(message)
    return _mail(
        message,
        border,
        text=said,
        automatic=about or ("report" if reports else None),
        attachments=kept,
        left_out=len(files) - len(kept),
        bounced=_bounced(message) if reports else (),
        reported=_reported(leaves) if reports else (),
    )


def parse_head(raw: bytes, border: str = "") -> Mail:
    """What the header alone says of a mail whose rest cannot be read."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(raw[:LONGEST_HEAD])
    return _mail(head, border, automatic=automatic.why(head), whole=False)


def _mail(message: Message, border: str, *, text: str = "", **other: object) -> Mail:
    message_id = next(iter(_ids(message["Message-ID"])), None)
    senders, subject, date = _senders(message), header(message["Subject"]), message["Date"]
    identity = "\x00".join((message_id or "", *senders, subject, str(date), text))
    answered = (*_ids(message["In-Reply-To"]), *reversed(_ids(message["References"])))
    return Mail(
        digest=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest(),
        message_id=message_id,
        senders=senders,
        subject=subject,
        sent_at=_moment(date),
        references=tuple(dict.fromkeys(answered))[:20],
        authentication=_authentication(message, border),
        text=text,
        **other,  # type: ignore[arg-type]  # the fields of `Mail`, by name
    )


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that holds something; a nested mail is one of them, unread."""
    seen, stack = 0, [(message, 0)]
    while stack:
        part, depth = stack.pop()
        seen += 1
        if seen > MOST_PARTS or depth > DEEPEST:
            raise TooMuch
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack.extend((one, depth + 1) for one in reversed(part.get_payload()))  # type: ignore[arg-type]
        else:
            yield part


def _is_text(part: Message) -> bool:
    named = part.get_filename() or part.get_content_disposition() == "attachment"
    return part.get_content_type() in {"text/plain", "text/html"} and not named


def _is_alternative(part: Message, texts: list[Message]) -> bool:
    """The same words once more, as HTML; and the machine's half of a report."""
    return part in texts or part.get_content_type() == "message/delivery-status"


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    words = decoded(data if isinstance(data, bytes) else b"", part.get_content_charset())
    if part.get_content_type() == "text/html":
        words = text_of(words)
    return plain(words)[:LONGEST_TEXT]


def _file(part: Message) -> Attachment:
    name = header(part.get_filename() or "").replace("/", "_").replace("\\", "_")[:120]
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        nested = part.get_payload()
        inside = nested[0] if isinstance(nested, list) and nested else part
        data = inside.as_bytes() if isinstance(inside, Message) else b""
    return Attachment(name or part.get_content_type().replace("/", "."), data)


def _senders(message: Message) -> tuple[str, ...]:
    """Every address that claims to have sent it; a display name is none."""
    found = [
        address.strip()
        for value in message.get_all("From", [])
        for address in _addresses(str(value))
        if _ADDRESS.fullmatch(address.strip())
    ]
    return tuple(dict.fromkeys(found))[:10]


def _addresses(value: str) -> list[str]:
    # Not decoded: in an encoded display name an address is a name, not an address. Where angle
    # brackets stand, what stands in them is the address, whatever Python's parser makes of it.
    bare = re.sub(r'"(\\.|[^"\\])*"', "", value[:2000])
    found: list[str] = []
    for piece in bare.split(","):
        inside = re.findall(r"<([^<>]*)>", piece)
        found += inside or piece.split()
    return found


def _ids(value: object) -> list[str]:
    return _MESSAGE_ID.findall(str(value or "")[:4000])


def _moment(value: object) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header(value))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.replace(microsecond=0)


def _authentication(message: Message, border: str) -> str:
    """The topmost that names our own border server; servers below ours wrote the others."""
    if not border:
        return ""
    for value in message.get_all("Authentication-Results", []):
        said = header(value)
        if said.partition(";")[0].split(" ")[0].lower() == border.lower():
            results = re.findall(r"\b(spf|dkim|dmarc)=([a-z]+)", said.lower())
            return ", ".join(f"{name} {result}" for name, result in dict(results).items())
    return ""


def _is_mailer_daemon(message: Message) -> bool:
    return any(one.lower().startswith("mailer-daemon@") for one in _senders(message))


def _bounced(message: Message) -> tuple[str, ...]:
    from flufl.bounce import scan_message  # noqa: PLC0415 - half of what a reader loads, seldom used

    found = {address.decode("utf-8", "replace").lower() for address in scan_message(message)}
    return tuple(sorted(one for one in found if _ADDRESS.fullmatch(one)))[:20]


def _reported(leaves: list[Message]) -> tuple[str, ...]:
    """Ids in whatever the report gives back of our mail."""
    found: list[str] = []
    for part in leaves:
        inside = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(inside, list):
            nested = (one for one in inside if isinstance(one, Message))
            found += [one for mail in nested for one in _ids(mail["Message-ID"])]
        elif part.get_content_maintype() in {"text", "message"} and isinstance(inside, str):
            found += re.findall(r"(?im)^Message-ID:\s*(<[^<>\s]{3,250}>)", inside)
    return tuple(dict.fromkeys(found))[:20]
