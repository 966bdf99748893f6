"""The words for every code that the desk shows, and for every reason why something cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.web.catalogues import marked


class _Words(dict[str, str]):
    """What is not listed is shown as it is."""

    def __missing__(self, code: str) -> str:
        return code


WORDS: Final[Mapping[str, str]] = _Words(
    {
        "access": marked("Access"),
        "correction": marked("Correction"),
        "deletion": marked("Deletion"),
        "restriction": marked("Restriction"),
        "objection": marked("Objection"),
        "inquiry": marked("Inquiry"),
        "received": marked("received"),
        "awaiting_proof": marked("awaiting proof"),
        "in_review": marked("in review"),
        "verified": marked("verified"),
        "applied": marked("applied"),
        "completed": marked("completed"),
        "refused": marked("refused"),
        "expired": marked("expired"),
        "withdrawn": marked("withdrawn"),
        "web": marked("web"),
        "email": marked("e-mail"),
        "phone": marked("telephone"),
        "post": marked("post"),
        "call": marked("call"),
        "letter": marked("letter"),
        "mail": marked("mail"),
        "in_time": marked("in time"),
        "past_target": marked("past target"),
        "at_risk": marked("at risk"),
        "late": marked("late"),
        "self": marked("the person"),
        "guardian": marked("a guardian"),
        "agent": marked("a representative"),
        "role agent": marked("agent"),
        "role reviewer": marked("reviewer"),
        "role officer": marked("privacy officer"),
        "evidence_field": marked("a field that takes evidence"),
        "disowned": marked("disowned by the contact"),
        "guardian_unclear": marked("the guardian is unclear"),
        "young_contact": marked("the contact is young"),
        "nothing_arrived": marked("no code arrived"),
        "subject_gone": marked("nobody is on record any more"),
        "identity": marked("who it is"),
        "evidence": marked("evidence"),
        "answer": marked("to answer"),
        "complaint": marked("a complaint"),
        "audit": marked("an audit"),
        "answered": marked("answered"),
        "forwarded": marked("forwarded"),
        "nothing_to_do": marked("nothing to do"),
        "a decision": marked("a decision"),
        "the requester": marked("the requester"),
        "its time": marked("its time"),
        "a second approval": marked("a second approval"),
        "pending": marked("pending"),
        "sent": marked("sent"),
        "undeliverable": marked("undeliverable"),
        "delivered": marked("delivered"),
        "acknowledged": marked("acknowledged"),
        "overdue": marked("overdue"),
        "parked": marked("parked"),
        "retried": marked("retried"),
        "dropped": marked("dropped"),
        "restriction_lifted": marked("Restriction lifted"),
        "mailbox": marked("the mailbox"),
        "unconfirmed": marked("the new address is unconfirmed"),
        "done": marked("done"),
        "already": marked("done already"),
        "gone": marked("nobody is on record any more"),
        "lost": marked("another request was faster"),
        "overtaken": marked("overtaken"),
        "bounced": marked("came back"),
        "no_address": marked("no address"),
        "nobody_asked": marked("nobody asked"),
        "told_already": marked("told already"),
        "nobody_did_it": marked("nobody did it"),
        "particulars_destroyed": marked("the particulars are destroyed"),
        "not_reached": marked("cannot be reached"),
        "yes": marked("yes"),
        "no": marked("no"),
        "approve": marked("Approve"),
        "refuse": marked("Refuse"),
        "extend": marked("Put the deadline off"),
        "pause": marked("Ask the requester"),
        "resume": marked("Go on"),
        "match": marked("Say whom it is about"),
        "login_id": marked("Login ID"),
        "name": marked("Name"),
        "requester": marked("Who asks"),
        "subject": marked("Whom it is about"),
        "changes": marked("Change"),
        "values": marked("New value"),
        "contact": marked("Contact on file"),
        "contacts": marked("Contacts on file"),
        "relation": marked("In what right"),
        "field": marked("Field"),
        "value": marked("Value"),
        "since": marked("Since"),
        "type": marked("Type"),
        "key": marked("Key"),
        "statement": marked("What was said"),
        "operator": marked("Taken in by"),
        "postal_address": marked("Postal address"),
        "lapses_at": marked("The right ends"),
        "known_as": marked("Known as"),
        "kind": marked("Kind"),
        "birth_date": marked("Date of birth"),
    }
)
"""Per code."""

REASONS: Final[Mapping[str, str]] = {
    "approvals_differ": marked(
        "The first approval grants other fields. Approve the same, or ask why."
    ),
    "approved_by_you_already": marked("You have approved it already. It takes a second account."),
    "begun_already": marked("The change has begun and can no longer be refused."),
    "deadline_passed": marked("The deadline has passed. It can no longer be put off."),
    "decided_already": marked("It is decided already."),
    "extended_already": marked("Its deadline was put off once already."),
    "filed_by_you": marked("You took this request in yourself. Somebody else has to approve it."),
    "inquiries_are_answered": marked("An inquiry is answered, not approved."),
    "matched_already": marked("It is known already whom it is about."),
    "needs_evidence": marked("Nobody has proven it. Attach what you were shown first."),
    "no_such_person": marked("These identifiers lead to nobody, or to several."),
    "no_such_request": marked("There is no such request."),
    "nobody_matched": marked("Nobody matched. Say first whom it is about."),
    "not_a_field_of_it": marked("The request is not about such a field."),
    "not_in_review": marked("It does not wait for a decision any more."),
    "not_paused": marked("It does not wait for the requester."),
    "not_plain_text": marked("An answer is plain text of 1 to 20,000 characters."),
    "not_your_role": marked("Your role may not see or do this."),
    "only_inquiries_are_answered": marked(
        "Only an inquiry is answered. Approve or refuse this one."
    ),
    "own_record": marked("It is about yourself. Somebody else has to look after it."),
    "paused": marked("It waits for the requester. End that first."),
    "reason_tells_too_much": marked(
        "Nobody has proven this request, and that reason tells what is on file. Choose another."
    ),
    "several_reasons_for_all": marked("To refuse every field, refuse the request with one reason."),
    "subject_gone": marked("Nobody is on record any more. Refuse it as not held."),
    "subject_lost": marked("It was withdrawn, or another request deletes these fields just now."),
    "too_much_evidence": marked("It has as much evidence as can be kept."),
    "unknown_reason": marked("Choose a reason of the list."),
}
"""Per code of a decision that cannot be."""
