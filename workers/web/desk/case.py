"""The page of one request, and what is added to it without deciding it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from schemas.delays import EXTENSIONS, MISSING
from schemas.errors import KeyGone, NotFound, Reason, Refused
from schemas.lifecycle import Status
from schemas.messages import NothingArrived
from schemas.refusals import REFUSALS
from schemas.request import RequestRecord
from schemas.review import AddNote, Closing, Purpose
from workers import tasks
from workers.desk import evidence as kept
from workers.desk import mails, particulars
from workers.web.desk.queue import row
from workers.web.desk.visit import Visit

NOT_OF_A_PERSON: Final = frozenset(
    {"schema", "submission_id", "submitted_at", "received_at", "channel", "kind", "language"}
)
"""Of what was submitted: the page says it elsewhere, and unmasked."""
IDENTIFIERS: Final = ("login_id", "name", "email", "phone", "birth_date")
LONGEST_NOTE: Final = 4000


async def record_of(visit: Visit) -> RequestRecord:
    """The request that the address names; nobody looks after what is about themselves."""
    return await visit.desk.case(visit.request.path_params["tracking"])


async def show(visit: Visit) -> Response:
    """With its particulars masked."""
    return await page(visit)


async def page(visit: Visit, revealed: dict[str, Any] | None = None) -> Response:
    """The whole page; in clear only with what was revealed just now."""
    record = await record_of(visit)
    try:
        masked = await particulars.show_masked(visit.parts, record.tracking)
    except KeyGone:
        masked = {}
    shown = masked if revealed is None else revealed
    data_map = visit.parts.datamap
    return visit.show(
        "case",
        record=record,
        row=row(record, visit.parts.requests.now()),
        labels={
            name: data_map.label(record.kind, name, record.subject_type).text(visit.language)
            for name in record.fields
        },
        shown=_lines(visit, shown),
        notes=[_note(one, revealed=revealed is not None) for one in shown.get("notes", [])],
        revealed=revealed is not None,
        purposes=list(Purpose),
        in_review=record.status is Status.IN_REVIEW,
        refusals=grounds(visit, REFUSALS),
        extensions=grounds(visit, EXTENSIONS),
        missing={code: label.text(visit.language) for code, label in MISSING.items()},
        closings=list(Closing),
        identifiers=IDENTIFIERS,
        may_have_pin=record.channel in {"phone", "post"} and _has_no_mail(masked),
    )


def _note(note: dict[str, Any], *, revealed: bool) -> dict[str, Any]:
    return {**note, "at": datetime.fromisoformat(note["at"])} if revealed else note


def _has_no_mail(masked: dict[str, Any]) -> bool:
    """Whether whoever asked gave no address, so that no code can be sent to it."""
    said = masked.get("submission", {})
    return bool(said) and not said.get("requester", {}).get("email")


def _lines(visit: Visit, shown: dict[str, Any]) -> list[tuple[str, str]]:
    """What the person said first, then what was found out."""
    said = {n: v for n, v in shown.get("submission", {}).items() if n not in NOT_OF_A_PERSON}
    lines = flat(said) + flat({n: v for n, v in shown.items() if n not in {"notes", "submission"}})
    return [(name, _readable(visit, name, value)) for name, value in lines]


def _readable(visit: Visit, name: str, value: str) -> str:
    """Names of the data map by their labels, moments in the desk's time."""
    last = name.rpartition(".")[2]
    if last == "field" or name.startswith("fields "):
        return visit.wording.field(value)
    if last in {"since", "lapses_at"} and not value.endswith("***"):
        return visit.at(datetime.fromisoformat(value))
    return value


def grounds(visit: Visit, listed: Any) -> dict[str, tuple[str, str]]:
    """Per code the reason and the law, in the reader's language."""
    language = visit.language
    return {
        code: (ground.reason.text(language), ground.legal_ground.text(language))
        for code, ground in listed.items()
    }


def flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """What is in there, one line for each value."""
    if isinstance(value, dict):
        return [
            line
            for name, part in value.items()
            for line in flat(part, f"{path}.{name}" if path else str(name))
        ]
    if isinstance(value, list):
        return [line for n, part in enumerate(value, 1) for line in flat(part, f"{path} {n}")]
    return [] if value in {None, ""} else [(path, str(value))]


async def reveal(visit: Visit) -> Response:
    """In clear, for a purpose of the list; recorded before anything is shown."""
    await record_of(visit)
    purpose = _purpose(visit)
    code = visit.request.path_params["tracking"]
    return await page(visit, await particulars.reveal(visit.desk, code, purpose))


async def mail(visit: Visit) -> Response:
    """A mail as it was sent, without what proves something."""
    record = await record_of(visit)
    sent = await mails.as_sent(visit.parts, record, visit.request.path_params["name"])
    return visit.show("mail", record=record, mail=sent, sent=record.mails[sent.name])


async def note(visit: Visit) -> Response:
    """For whoever looks at it next; kept sealed."""
    record, text = await record_of(visit), visit.typed("note")
    if not text or len(text) > LONGEST_NOTE:
        raise Refused(Reason("$.note", "empty_or_too_long"))
    await visit.desk.decide(record.tracking, AddNote(text))
    return visit.go(f"/requests/{record.tracking}", "noted")


async def attach(visit: Visit) -> Response:
    """A file, or what somebody was shown of which no copy is kept."""
    record, file, seen = await record_of(visit), visit.form.get("file"), visit.typed("seen")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if bool(content) == bool(seen) or len(content) > kept.LARGEST or len(seen) > LONGEST_NOTE:
        raise Refused(Reason("$.file", "either_a_file_or_words"))
    if content:
        assert isinstance(file, UploadFile), "only a file has content"
        await kept.attach(visit.desk, record.tracking, (file.filename or "file")[:200], content)
    else:
        await kept.describe(visit.desk, record.tracking, seen)
    return visit.go(f"/requests/{record.tracking}", "attached")


async def evidence(visit: Visit) -> Response:
    """A file that was attached, to look at; recorded first, and never shown as a page of ours."""
    record = await record_of(visit)
    name, content = await kept.look_at(
        visit.desk, record.tracking, visit.typed("exhibit"), _purpose(visit)
    )
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"content-disposition": disposition}
    return Response(content, media_type="application/octet-stream", headers=headers)


async def nothing_arrived(visit: Visit) -> Response:
    """The requester tells an agent that no code came."""
    record = await record_of(visit)
    message = NothingArrived(record.tracking, by=visit.staff.name)
    if not await tasks.report(visit.parts, message):
        raise NotFound("it waits for no code")
    return visit.go(f"/requests/{record.tracking}", "asked")


def _purpose(visit: Visit) -> Purpose:
    try:
        return Purpose(visit.typed("purpose"))
    except ValueError:
        raise Refused(Reason("$.purpose", "not_an_option")) from None
