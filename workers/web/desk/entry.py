"""What came by phone or post, typed in; and the code that a caller reads back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from starlette.responses import Response

from schemas import tracking
from schemas.errors import NotAllowed, NotFound, Reason, Refused
from schemas.submission import Kind, Relation
from workers.desk import entry, pins
from workers.runtime import log
from workers.web.desk.case import record_of
from workers.web.desk.visit import Visit

CHANNELS: Final = ("phone", "post")
NARROWED: Final = frozenset({"deletion", "restriction", "objection"})
A_DAY: Final = 200
"""Entries and codes of one account in 24 hours; more alarm, and are not taken."""


async def ask(visit: Visit) -> Response:
    """First: how it came, and what is wanted."""
    return visit.show(
        "entry",
        channels=CHANNELS,
        kinds=get_args(Kind),
        relations=get_args(Relation),
        fields=_labels(visit),
        purposes=_purposes(visit),
    )


async def form(visit: Visit) -> Response:
    """Then: the words for it."""
    return _form(visit, {}, [])


def _form(visit: Visit, typed: dict[str, str], errors: list[tuple[str, str]]) -> Response:
    asked = visit.request.query_params if not typed else visit.form
    kind = _one_of(asked.get("kind"), get_args(Kind))
    names = [name for name in asked.getlist("field") if isinstance(name, str)]
    fields = entry.correctable(visit.parts.datamap)
    labels = _labels(visit)
    return visit.show(
        "entry_form",
        status=422 if errors else 200,
        channel=_one_of(asked.get("channel"), CHANNELS),
        kind=kind,
        relation=_one_of(asked.get("relation"), get_args(Relation)),
        names=names,
        changes=[
            (labels[name], entry.inputs(name, fields[name].value, labels[name]))
            for name in dict.fromkeys(names)
            if name in fields and kind == "correction"
        ],
        typed=typed,
        errors=errors,
        zone=visit.parts.settings.desk_zone,
    )


def _one_of(given: object, options: tuple[str, ...]) -> str:
    return str(given) if given in options else options[0]


def _labels(visit: Visit) -> dict[str, str]:
    fields = entry.correctable(visit.parts.datamap)
    return {name: field.label.text(visit.language) for name, field in fields.items()}


def _purposes(visit: Visit) -> dict[str, str]:
    subjects = visit.parts.datamap.subjects.values()
    return {
        name: purpose.label.text(visit.language)
        for subject in subjects
        for name, purpose in subject.purposes.items()
    }


async def take(visit: Visit) -> Response:
    """Publish it; the page that follows asks for the code that the caller reads out."""
    await _within_quota(visit)
    typed = {n: v.strip() for n, v in visit.form.multi_items() if isinstance(v, str)}
    try:
        entered = await entry.take_in(visit.parts, _said(visit, typed), visit.staff.name)
    except Refused as error:
        return _form(visit, typed, list(entry.reasons_for(error)))
    phone = typed.get("channel") == "phone"
    pin = None
    if entered.tracking and not typed.get("requester.email"):
        pin = await pins.give(visit.parts, entered.tracking, visit.staff.name)
    return visit.show("entered", entered=entered, phone=phone, wrong=None, pin=pin)


def _said(visit: Visit, typed: dict[str, str]) -> dict[str, Any]:
    fields = entry.correctable(visit.parts.datamap)
    names = [n for n in visit.form.getlist("field") if isinstance(n, str)]
    kind = typed.get("kind", "")
    said: dict[str, Any] = {
        "channel": _one_of(typed.get("channel"), CHANNELS),
        "kind": kind,
        "language": typed.get("language", "ko"),
        "received_at": _received(typed.get("received", ""), visit.zone),
        "requester": {"relation": typed.get("relation", "self"), **_named("requester", typed)},
        "subject": _named("subject", typed),
        "statement": typed.get("statement", "").replace("\r\n", "\n"),
    }
    if kind == "correction":
        said["changes"] = [
            {"field": name, "value": entry.value_of(name, fields[name].value, typed)}
            for name in dict.fromkeys(names)
            if name in fields
        ]
    elif kind in NARROWED and names:
        said["fields"] = list(dict.fromkeys(names))
    return said


def _named(prefix: str, typed: dict[str, str]) -> dict[str, str]:
    start = f"{prefix}."
    return {
        name.removeprefix(start): value
        for name, value in typed.items()
        if name.startswith(start) and value
    }


def _received(text: str, zone: ZoneInfo) -> str:
    """The day and hour of the call or letter, where the desk is."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text):
        raise Refused(Reason("$.received_at", "not_a_date"))
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        raise Refused(Reason("$.received_at", "not_a_date")) from None


async def read_back(visit: Visit) -> Response:
    """The caller has read the code out: a proof, which says only yes or no."""
    await _within_quota(visit)
    try:
        code = tracking.parse(visit.typed("tracking"))
    except ValueError:
        raise NotFound("no such code") from None
    right = await entry.read_back(visit.parts, code, visit.typed("code")[:64], visit.staff.name)
    if right:
        return visit.go(f"/requests/{code}", "proven")
    entered = entry.Entered(code, "")
    why = "late" if right is None else "wrong"
    return visit.show(
        "entered",
        status=409 if right is None else 403,
        entered=entered,
        phone=True,
        wrong=why,
        pin=None,
    )


async def new_pin(visit: Visit) -> Response:
    """The old one was lost, or tried too often: another, which ends it, shown once."""
    await _within_quota(visit)
    record = await record_of(visit)
    pin = await pins.give(visit.parts, record.tracking, visit.staff.name)
    if pin is None:
        raise NotAllowed("it brought an e-mail address, to which a code is sent")
    return visit.show("pin", record=record, pin=pin)


async def _within_quota(visit: Visit) -> None:
    name = f"entry:{visit.staff.name}"
    if (tries := await visit.parts.attempts.count(name, timedelta(days=1))) > A_DAY:
        log.event("desk_quota", level=30, code="entries", count=tries)
        raise Refused(Reason("$", "too_many"))
