"""A mail to what is to be done about it. Pure.

1. What answered by itself asks for nothing; a report marks the address that cannot be reached.
2. A code above the quotation is a proof, where no program sent the mail; or, beside a line that
   says so, a withdrawal. Where it is not plain which of the two, it is neither.
3. A filled-in form is a request.
4. What answers a mail of ours belongs to that request, where the desk has it; else
5. it is a case for the desk: an inquiry. Only who is recognised and is a person gets an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import ValidationError

from schemas import tracking
from schemas.datamap import DataMap
from schemas.submission import Subject
from workers.channels.mailbox import form, triage
from workers.channels.mailbox.automatic import ANSWERS
from workers.channels.mailbox.form import Form
from workers.channels.mailbox.mail import Mail
from workers.channels.mailbox.quoting import above, code_in, takes_back, without_codes

MAILS = UUID("5f0e6a0c-53f0-5c1e-9a3b-6d4b8e0c7f21")
"""The namespace of every id that is made from a mail."""
OLDEST = timedelta(days=7)
"""A mail that says it was sent longer ago than that before it came is not believed."""
LONGEST = 4000
_TRACKING = re.compile(r"DSR-[A-Z0-9]{4}-[A-Z0-9]{4}", re.IGNORECASE)
_HANGUL = re.compile("[\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Publish:
    """One message to the intake; with `files` they are kept with the request it becomes."""

    word: Literal["submission", "proof", "withdrawal"]
    content: dict[str, Any] = field(repr=False)
    files: bool = False


@dataclass(frozen=True, slots=True)
class Belongs:
    """It answers a mail of this request; `otherwise` where the desk does not have that."""

    request: str | None
    tracking: str | None
    sender: str = field(repr=False)
    otherwise: Publish


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A mail of ours did not arrive."""

    request: str
    mail: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing is to be done; a code says why."""

    why: str


Decision = Publish | Belongs | Leave | tuple[Unreachable, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """What deciding has to know of the house."""

    datamap: DataMap
    mail_domain: str
    own_address: str
    language: str


def decide(mail: Mail, arrived: datetime, office: Office) -> Decision:
    """What is to be done about it."""
    if failed := _unreachable(mail, office):
        return failed
    if mail.automatic in ANSWERS:
        return Leave(mail.automatic or "")
    own = tuple(one.lower() for one in mail.senders) == (office.own_address.lower(),)
    return Leave("own_mail") if own else _of_somebody(mail, arrived, office)


def _of_somebody(mail: Mail, arrived: datetime, office: Office) -> Publish | Belongs:
    named = _named_request(mail, office)
    code = code_in(mail.text) if mail.automatic is None else None
    tracking_code = _tracking(mail)
    if code and tracking_code and (word := _word(mail)):
        return Publish(word, _coded(word, mail, tracking_code, code))
    filled = form.read(mail.text, office.datamap) if mail.automatic is None else None
    if filled and not filled.faults and (content := _request(mail, filled, arrived)):
        return Publish("submission", content, files=True)
    case = Publish("submission", _case(mail, filled, arrived, office), files=True)
    if (named or tracking_code) and mail.automatic is None and len(mail.senders) == 1:
        return Belongs(named, tracking_code, mail.senders[0], case)
    return case


def exhibit_id(mail: Mail, number: int) -> str:
    """The id under which one of its files is kept; the same each time."""
    return str(uuid5(MAILS, f"{mail.digest} file {number}"))


def _unreachable(mail: Mail, office: Office) -> tuple[Unreachable, ...]:
    ours = [found for one in mail.reported if (found := _our_mail(one, office))]
    return tuple(
        Unreachable(request, name, address) for request, name in ours for address in mail.bounced
    )


def _our_mail(message_id: str, office: Office) -> tuple[str, str] | None:
    """Which mail of which request has this id; see `Tools.mail`."""
    left, _, domain = message_id.strip("<>").rpartition("@")
    request, _, name = left.partition(".")
    if domain.lower() != office.mail_domain.lower() or not name:
        return None
    try:
        return str(UUID(request)), name
    except ValueError:
        return None


def _named_request(mail: Mail, office: Office) -> str | None:
    found = (ours[0] for one in mail.references if (ours := _our_mail(one, office)))
    return next(found, None)


def _tracking(mail: Mail) -> str | None:
    """The one tracking code that it names; it names a request and proves nothing."""
    found = set()
    for text in _TRACKING.findall(f"{mail.subject}\n{mail.text}"):
        try:
            found.add(tracking.parse(text))
        except ValueError:
            continue
    return found.pop() if len(found) == 1 else None


def _word(mail: Mail) -> Literal["proof", "withdrawal"] | None:
    """What a code is for; None where the words beside it leave that open."""
    back = takes_back(mail.text)
    return None if back is None else "withdrawal" if back else "proof"


def _coded(word: str, mail: Mail, tracking_code: str, code: str) -> dict[str, Any]:
    return {
        "schema": f"dsr.{word}/1",
        f"{word}_id": str(uuid5(MAILS, f"{mail.digest} {word}")),
        "tracking": tracking_code,
        "code": code,
        "channel": "email",
    }


def _request(mail: Mail, filled: Form, arrived: datetime) -> dict[str, Any] | None:
    """The submission that the form is; None where it does not hang together."""
    sender = _one_sender(mail)
    correction = filled.kind == "correction"
    try:
        subject = Subject.model_validate(dict(filled.subject))
    except ValidationError:
        return None
    if sender is None or correction != bool(filled.changes):
        return None
    if filled.fields and filled.kind not in {"deletion", "restriction", "objection"}:
        return None
    name = filled.requester or (subject.name if filled.relation == "self" else None)
    content = {
        **_common(mail, arrived, filled.language),
        "kind": filled.kind,
        "requester": _without_none(relation=filled.relation, name=name, email=sender),
        "subject": subject.identifiers(),
    }
    if correction:
        changes = filled.changes.items()
        content["changes"] = [{"field": field_, "value": value} for field_, value in changes]
    if filled.fields:
        content["fields"] = list(filled.fields)
    if mail.left_out:
        content["statement"] = f"[{_left_out(mail)}]"
    return content


def _case(mail: Mail, filled: Form | None, arrived: datetime, office: Office) -> dict[str, Any]:
    """An inquiry whose statement is the mail, for a person to read."""
    said = f"{mail.subject}\n\n{mail.text}".strip()
    seen = triage.suggest(said, office.datamap)
    sender = _one_sender(mail)
    recognised = seen.recognised or filled is not None or bool(_named_request(mail, office))
    answered = recognised and mail.automatic is None and mail.whole
    language = "ko" if _HANGUL.search(said) else "en" if mail.text else office.language
    return {
        **_common(mail, arrived, language),
        "kind": "inquiry",
        "requester": _without_none(relation="self", email=sender if answered else None),
        "subject": {"email": sender} if sender else {"name": "?"},
        "statement": _statement(mail, filled, seen, said),
    }


def _common(mail: Mail, arrived: datetime, language: str) -> dict[str, Any]:
    sent = mail.sent_at
    believed = sent if sent and arrived - OLDEST <= sent <= arrived else arrived
    content: dict[str, Any] = {
        "schema": "dsr.submission/1",
        "submission_id": str(uuid5(MAILS, mail.digest)),
        "channel": "email",
        "submitted_at": believed.isoformat(),
        "language": language,
    }
    if mail.message_id and len(mail.message_id) <= 250:
        content["in_reply_to"] = mail.message_id
    return content


def _statement(mail: Mail, filled: Form | None, seen: triage.Suggestion, said: str) -> str:
    """Notes of the mailbox for the desk, then the person's words."""
    notes = [
        f"kind: {seen.kind}?" if seen.kind else "",
        f"fields: {', '.join(seen.fields)}?" if seen.fields else "",
        f"form: {', '.join(dict.fromkeys(filled.faults))}" if filled and filled.faults else "",
        f"sender: {len(mail.senders)}" if len(mail.senders) != 1 else "",
        f"automatic: {mail.automatic}" if mail.automatic else "",
        f"says the border server: {mail.authentication}" if mail.authentication else "",
        f"files: {len(mail.attachments)}" if mail.attachments else "",
        _left_out(mail) if mail.left_out else "",
        "" if mail.whole else "too large or unreadable: look in the mailbox",
    ]
    head = f"[{'; '.join(note for note in notes if note) or 'free text'}]\n\n"
    # What was quoted of our own mails may hold a code: it is left in the mailbox.
    ours = mail.references or _tracking(mail)
    words = f"{mail.subject}\n\n{above(mail.text)}".strip() if ours else said
    words = without_codes(words)
    room = LONGEST - len(head)
    return head + (words if len(words) <= room else f"{words[: room - 4]}\n[…]")


def _left_out(mail: Mail) -> str:
    return f"files left in the mailbox: {mail.left_out}"


def _one_sender(mail: Mail) -> str | None:
    senders: Sequence[str] = mail.senders
    return senders[0] if len(senders) == 1 else None


def _without_none(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
