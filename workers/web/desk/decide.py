"""Decisions: first shown with what they come to and the mail that follows, then taken."""

from __future__ import annotations

from uuid import uuid4

from starlette.responses import Response

from schemas.delays import EXTENSIONS
from schemas.errors import Reason, Refused
from schemas.refusals import REFUSALS
from schemas.request import RequestRecord
from schemas.review import (
    Answer,
    Approve,
    AskFor,
    Closing,
    Decision,
    Extend,
    Match,
    Refuse,
    Resume,
)
from workers.desk import mails
from workers.desk.decisions import NotDecided
from workers.web.desk.case import IDENTIFIERS, grounds, record_of
from workers.web.desk.visit import Visit

_NOT_REPEATED = frozenset({"csrf", "id"})


async def preview(visit: Visit) -> Response:
    """What it would come to; nothing has happened yet."""
    record = await record_of(visit)
    decision = _decision(visit, record)
    try:
        shown = await mails.preview(visit.parts, record, visit.staff, decision)
    except Refused as error:
        raise NotDecided(error.reasons[0].reason) from None
    return visit.show(
        "preview",
        record=record,
        shown=shown,
        what=visit.typed("what"),
        fields=[
            (name, value)
            for name, value in visit.form.multi_items()
            if isinstance(value, str) and name not in _NOT_REPEATED
        ],
        id=str(uuid4()),
        grounds=_grounds(visit),
    )


async def decide(visit: Visit) -> Response:
    """Take it; pressed twice it is one decision, since the second finds it taken."""
    record = await record_of(visit)
    decision = _decision(visit, record)
    await visit.desk.decide(
        record.tracking, decision, note=visit.typed("note"), id_=visit.typed("id")[:64]
    )
    return visit.go(f"/requests/{record.tracking}", "decided")


def _decision(  # noqa: PLR0911 - one for each decision
    visit: Visit, record: RequestRecord
) -> Decision:
    """What the form says; whether it can be is the stage's to say."""
    match visit.typed("what"):
        case "approve":
            chosen = {name: visit.typed(f"field.{name}") for name in record.fields}
            return Approve({n: reason for n, reason in chosen.items() if reason not in {"", "yes"}})
        case "refuse":
            return Refuse(visit.typed("reason"))
        case "answer":
            return Answer(visit.typed("text"), _closing(visit))
        case "extend":
            return Extend(visit.typed("reason"))
        case "pause":
            asked = [code for code in visit.form.getlist("missing") if isinstance(code, str)]
            return AskFor(tuple(dict.fromkeys(asked)))
        case "resume":
            return Resume()
        case "match":
            given = {name: visit.typed(name) for name in IDENTIFIERS}
            return Match({name: value for name, value in given.items() if value})
    raise Refused(Reason("$.what", "not_an_option"))


def _closing(visit: Visit) -> Closing:
    try:
        return Closing(visit.typed("closing"))
    except ValueError:
        raise Refused(Reason("$.closing", "not_an_option")) from None


def _grounds(visit: Visit) -> list[tuple[str, str]]:
    """The reasons that were chosen, with their laws, as the person reads them."""
    listed = grounds(visit, EXTENSIONS if visit.typed("what") == "extend" else REFUSALS)
    given = [value for value in visit.form.values() if isinstance(value, str)]
    return [listed[code] for code in dict.fromkeys(given) if code in listed]
