"""The one-time code: to the contact on file, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.lifecycle import Opening, Status, Transition
from schemas.request import Challenge, Contact, Mail, Particulars, Request, code_lock
from workers.ports import Outcome, Tools
from workers.stages.arrival import waits
from workers.stages.verification import flood

DAY = timedelta(days=1)


async def issue(request: Request, tools: Tools) -> Outcome:
    """Open the next challenge, or wait just as long where there is nobody to send one to."""
    particulars = await tools.sealer.open(request)
    if request.subject is None:
        changes, contact = await match(request, particulars, tools)
    else:
        # Whatever the record says by now: the contact on file when the request came in.
        changes, contact = {}, particulars.contact
    why = await waits(request.model_copy(update=changes), tools)
    if why is not None:
        later = Opening("challenge", DAY, send=False)
        return Outcome(_wait(request, why, tools, changes=changes, opens=(later,)))
    subject = changes.get("subject", request.subject)
    if contact is None or subject is None:
        return Outcome(_wait(request, "not_challenged", tools, changes=changes))
    sent = await tools.requests.challenges_since(subject, tools.now - DAY)
    if sent >= tools.policy.challenges_a_day and not request.summoned:
        more, opened = await flood.tell_once_a_day(request, subject, tools)
        changes |= more
        opens = (Opening("challenge", DAY, send=False), *opened)
        return Outcome(_wait(request, "challenge_put_off", tools, changes=changes, opens=opens))
    number = request.challenge.number + 1 if request.challenge else 1
    name = f"challenge-{number}"
    mail = Mail(
        message_id=f"<{request.id}.{name}@{tools.policy.mail_domain}>", created_at=tools.now
    )
    changes |= {
        "challenge": Challenge(
            number=number,
            issued_at=tools.now,
            ends_at=request.challenge.ends_at
            if request.challenge
            else tools.now + tools.policy.proof_window,
        ),
        # Whoever challenges the same person now waits until this one counts.
        "sending": (*request.sending, code_lock(subject)),
        "challenges": (*request.challenges, tools.now),
        "summoned": False,
        "mails": {**request.mails, name: mail},
    }
    opens = (Opening(f"mail:{name}", tools.policy.step_timeout),)
    if request.challenge is None:
        # The time to prove starts with the first code, which may have had to wait for a day.
        opens = (*opens, expiry(tools))
    return Outcome(_wait(request, "challenged", tools, changes=changes, opens=opens))


async def match(
    request: Request, particulars: Particulars, tools: Tools
) -> tuple[dict[str, Any], Contact | None]:
    """Look the person up: what is to be written of him, and where a code would go."""
    person = await tools.subjects.find(particulars.submission.subject.identifiers())
    if person is None or any(
        tools.datamap.field(person.ref.type, name) is None for name in request.fields
    ):
        return {}, None
    contact = next((contact for contact in person.contacts if contact.kind == "mail"), None)
    known = particulars.model_copy(
        update={"subject": person.ref, "contact": contact, "contacts": person.contacts}
    )
    sealed = await tools.sealer.seal(request.id, known)
    found = {"subject": person.pseudonym, "subject_type": person.ref.type, "sealed": sealed}
    return found, contact


def _wait(
    request: Request,
    what: str,
    tools: Tools,
    *,
    changes: Mapping[str, Any] | None = None,
    opens: tuple[Opening, ...] = (),
) -> Transition:
    if not any("expiry" in steps for steps in (request.steps, [o.step for o in opens])):
        opens = (*opens, expiry(tools))
    return Transition(
        what=what,
        by="verification",
        to=Status.AWAITING_PROOF,
        changes=changes or {},
        closes=("challenge",),
        opens=opens,
    )


def expiry(tools: Tools) -> Opening:
    """The end of the time to prove, which starts anew."""
    return Opening("expiry", tools.policy.proof_window + tools.policy.grace, send=False)
