"""An account that has proven itself decides; what it decides goes through the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from schemas import tracking as codes
from schemas.errors import DsrError, NotAllowed, NotFound
from schemas.messages import Decide
from schemas.request import RequestRecord
from schemas.review import AddNote, Decision, Staff
from workers import wiring
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

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
    "own_record": "it is about yourself; somebody else has to look after it",
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
    """The decision could not be taken, and nothing has changed; `reason` is the code of why."""

    code = "not_decided"

    def __init__(self, reason: str) -> None:
        super().__init__(WHY.get(reason, f"it could not be done ({reason}); try again later"))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts, with an account that has proven itself."""

    parts: wiring.Parts
    staff: Staff

    async def found(self, tracking: str) -> RequestRecord:
        """The request, however its code was typed."""
        return await found(self.parts, tracking)

    async def case(self, tracking: str) -> RequestRecord:
        """The same, for this account to look after: `NotAllowed` where it is about themselves."""
        record = await self.found(tracking)
        if self.staff.own is not None and record.subject == self.staff.own:
            raise NotAllowed(WHY["own_record"])
        return record

    async def decide(
        self, tracking: str, decision: Decision, *, note: str = "", id_: str = ""
    ) -> RequestRecord:
        """Carry it out; the request as it stands afterwards."""
        record = await self.found(tracking)
        for one in (AddNote(note),) * bool(note) + (decision,):
            item = Item(Decide(record.tracking, id_ or str(uuid4()), self.staff, one))
            await carry(self.parts.house, STATIONS["review"], [item])
            if item.reasons:
                raise NotDecided(item.reasons[0].reason)
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
