"""What the commands of the desk share: an account that proves itself, and decides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

import typer

from schemas import tracking as codes
from schemas.errors import DsrError, NotAllowed, NotFound
from schemas.messages import Decide
from schemas.request import RequestRecord
from schemas.review import AddNote, Decision, Staff
from workers import wiring
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.settings import Settings

By = Annotated[
    str, typer.Option("--by", help="Your account; its password is asked for (README: settings).")
]
Note = Annotated[str, typer.Option("--note", help="A note for the desk; kept sealed.")]

WHY: Mapping[str, str] = {
    "approvals_differ": "the first approval grants other fields; approve the same, or ask why",
    "approved_by_you_already": "you have approved it already; it takes a second account",
    "begun_already": "the change has begun and can no longer be refused",
    "deadline_passed": "the deadline has passed; it can no longer be put off",
    "decided_already": "it is decided already",
    "extended_already": "its deadline was put off once already",
    "filed_by_you": "you took this request in yourself; somebody else has to approve it",
    "inquiries_are_answered": "an inquiry is answered, with `dsr review answer`",
    "matched_already": "it is known already whom it is about",
    "needs_evidence": "nobody has proven it: add what you were shown with `dsr review attach`",
    "no_such_person": "these identifiers lead to nobody, to several, or to one without the field",
    "no_such_request": "no such request; see `dsr review list`",
    "nobody_matched": "nobody matched: say whom it is about with `dsr review match`",
    "not_a_field_of_it": "the request is not about such a field; see `dsr review show`",
    "not_in_review": "it does not wait for a decision; see `dsr requests show`",
    "not_paused": "it does not wait for the requester",
    "not_plain_text": "an answer is plain text of 1 to 20,000 characters",
    "not_your_role": "your account may not do this; a reviewer or officer may",
    "only_inquiries_are_answered": "only an inquiry is answered; approve or refuse this one",
    "paused": "it waits for the requester; end that first with `dsr review resume`",
    "reason_tells_too_much": (
        "nobody has proven this request, and that reason tells what is on file: choose one of"
        " not_the_person, evidence_missing, guardianship_not_shown,"
        " manifestly_unfounded_or_repeated"
    ),
    "several_reasons_for_all": "to refuse every field, use `dsr review refuse` with one reason",
    "subject_gone": "nobody is on record any more; refuse it as not_held",
    "subject_lost": "it was withdrawn, or another request deletes these fields just now",
    "too_much_evidence": "it has as much evidence as can be kept",
    "unknown_reason": "no such reason; `--help` lists them",
}
"""What a person of the desk reads where a decision cannot be."""


class NotDecided(DsrError):
    """The decision could not be taken, and nothing has changed."""

    code = "not_decided"


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts, with an account that has proven itself."""

    parts: wiring.Parts
    staff: Staff

    async def found(self, tracking: str) -> RequestRecord:
        """The request, however its code was typed."""
        return await found(self.parts, tracking)

    async def decide(
        self, tracking: str, decision: Decision, *, note: str = "", id_: str = ""
    ) -> RequestRecord:
        """Carry it out; the request as it stands afterwards."""
        record = await self.found(tracking)
        for one in (AddNote(note),) * bool(note) + (decision,):
            item = Item(Decide(record.tracking, id_ or str(uuid4()), self.staff, one))
            await carry(self.parts.house, STATIONS["review"], [item])
            if item.reasons:
                code = item.reasons[0].reason
                raise NotDecided(WHY.get(code, f"it could not be done ({code}); try again later"))
        return await self.found(record.tracking)


async def found(parts: wiring.Parts, tracking: str) -> RequestRecord:
    """The request of this tracking code."""
    try:
        record = await parts.requests.record(codes.parse(tracking))
    except ValueError:
        record = None
    if record is None:
        raise NotFound("no request has this tracking code; see `dsr review list`")
    return record


@asynccontextmanager
async def open_desk(settings: Settings, name: str, password: str) -> AsyncIterator[Desk]:
    """`NotAllowed` where the account does not prove itself."""
    async with wiring.open_parts(settings) as parts:
        yield Desk(parts, await parts.accounts.prove(name, password))


def password_of(settings: Settings) -> str:
    """From the environment, else asked for without showing it."""
    typed = settings.account_password or str(typer.prompt("password", hide_input=True, err=True))
    if not typed:
        raise NotAllowed("an account proves itself with its password")
    return typed
