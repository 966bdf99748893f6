"""The one-time code: to the contact on file, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.lifecycle import Opening, Status, Transition
from schemas.request import Challenge, Contact, Mail, Particulars, Request
from workers.ports import Outcome, Tools

DAY = timedelta(days=1)


async def issue(request: Request, tools: Tools) -> Outcome:
    """Open the next challenge, or wait just as long where there is nobody to send one to."""
    particulars = await tools.sealer.open(request)
    if request.challenge is None:
        changes, contact = await _match(request, particulars, tools)
    else:
        # Another code goes where the first one went, whatever the record says by now.
        changes, contact = {}, particulars.contact
    subject = changes.get("subject", request.subject)
    if contact is None or subject is None:
        return Outcome(_wait(request, "not_challenged", tools, changes=changes))
    sent = await tools.requests.challenges_since(subject, tools.now - DAY)
    if sent >= tools.policy.challenges_a_day:
        tomorrow = Opening("challenge", DAY, send=False)
        return Outcome(_wait(request, "challenge_put_off", tools, opens=(tomorrow,)))
    number = request.challenge.number + 1 if request.challenge else 1
    ends_at = request.challenge.ends_at if request.challenge else None
    name = f"challenge-{number}"
    mail = Mail(
        message_id=f"<{request.id}.{name}@{tools.policy.mail_domain}>", created_at=tools.now
    )
    changes |= {
        "challenge": Challenge(
            number=number,
            issued_at=tools.now,
            ends_at=ends_at or tools.now + tools.policy.proof_window,
        ),
        "challenges": (*request.challenges, tools.now),
        "mails": {**request.mails, name: mail},
    }
    send = Opening(f"mail:{name}", tools.policy.step_timeout)
    return Outcome(_wait(request, "challenged", tools, changes=changes, opens=(send,)))


async def _match(
    request: Request, particulars: Particulars, tools: Tools
) -> tuple[dict[str, Any], Contact | None]:
    person = await tools.subjects.find(particulars.submission.subject.identifiers())
    if person is None or any(
        tools.datamap.field(person.ref.type, name) is None for name in request.fields
    ):
        return {}, None
    contact = next((contact for contact in person.contacts if contact.kind == "mail"), None)
    known = particulars.model_copy(update={"subject": person.ref, "contact": contact})
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
    if "expiry" not in request.steps:
        window = tools.policy.proof_window + tools.policy.grace
        opens = (*opens, Opening("expiry", window, send=False))
    return Transition(
        what=what,
        by="verification",
        to=Status.AWAITING_PROOF,
        changes=changes or {},
        closes=("challenge",),
        opens=opens,
    )
