"""Whether each request of the demo came to what it must, seen from outside: data, mail, notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.lifecycle import Status
from workers.adapters import mongo
from workers.local.demo.cast import ANSWER
from workers.local.demo.facts import Result
from workers.local.demo.house import House

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What stands of one member when everything is over."""

    stored: Document | None
    usable: Document | None
    """The same as downstream systems see it."""


async def wrong(house: House, results: Sequence[Result]) -> list[str]:
    """One sentence for each thing that is not as it must be."""
    db = mongo.database(house.parts.client, house.parts.settings.subject_db)
    found = []
    for result in results:
        me = {"_id": result.played.errand.number}
        record = Record(await db["members"].find_one(me), await db["members_usable"].find_one(me))
        complaints = [*_told(result), *_done(house, result, record)]
        found += [f"{result.played.tracking}: {complaint}" for complaint in complaints]
    return found


def _told(result: Result) -> Iterator[str]:
    """The person and the third parties; codes went to the contact on file."""
    errand, request = result.played.errand, result.request
    if request["status"] != Status.COMPLETED:
        yield f"it is {request['status']}"
    asked = (errand.kind, errand.channel, errand.relation)
    if (request["kind"], request["channel"], request["relation"]) != asked:
        yield "it is another request than the one that was made"
    for name, notice in request["notices"].items():
        if notice["status"] != "applied":
            yield f"{name} is {notice['status']}"
    last = "answer" if errand.kind == "inquiry" else "completion"
    came = [letter for letter in result.letters if letter.purpose == last]
    if len(came) != 1 or came[0].to != errand.email:
        yield "the person was not told once, at the address on file"
    elif errand.kind == "inquiry" and ANSWER.split(". ")[0] not in " ".join(came[0].text.split()):
        yield "the answer is not the one that was given"


def _done(house: House, result: Result, record: Record) -> Iterator[str]:
    """What was asked for stands in the company's data."""
    errand = result.played.errand
    if (record.stored is None) != (errand.kind == "deletion"):
        yield "the record is gone" if record.stored is None else "the record is still there"
        return
    match errand.kind:
        case "access":
            if result.played.package is None:
                yield "there is no package"
        case "correction":
            for name, one in result.request["results"].items():
                if one["result"] != "corrected":
                    yield f"{name} is {one['result']}"
        case "restriction":
            yield from _restricted(house, errand.fields, record)
        case "objection":
            if any(_at(record.stored, ("consents", name, "agreed")) for name in errand.fields):
                yield "a consent was not withdrawn"


def _restricted(house: House, fields: Sequence[str], record: Record) -> Iterator[str]:
    paths = [house.parts.datamap.field_named(name, "member").path for name in fields]
    if any(_at(record.usable, path.steps) for path in paths):
        yield "what is restricted can still be seen"
    if not all(_at(record.stored, path.steps) for path in paths):
        yield "what is restricted is not there any more"


def _at(document: Any, path: Sequence[str]) -> Any:
    for step in path:
        document = document.get(step, {})
    return document
