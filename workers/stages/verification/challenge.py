"""The one-time code: to the contact on file, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.bindings import code_lock
from schemas.contacts import is_slow
from schemas.guardianship import acts_for_child
from schemas.lifecycle import Opening, Status, Transition
from schemas.request import Challenge, Contact, Particulars, Request, SubjectRef
from workers.ports import Outcome, Tools
from workers.stages.common.arrival import waits
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
    ends = (expiry(particulars, tools),)
    running = () if "expiry" in request.steps else ends
    why = await waits(request.model_copy(update=changes), tools)
    if why is not None:
        later = Opening("challenge", DAY, send=False)
        return Outcome(_wait(why, changes, (later, *running)))
    subject = changes.get("subject", request.subject)
    if contact is None or subject is None:
        return Outcome(_wait("not_challenged", changes, running))
    sent = await tools.requests.challenges_since(subject, tools.now - DAY)
    if sent >= tools.policy.challenges_a_day and not request.summoned:
        tomorrow = Opening("challenge", DAY, send=False)
        more, opened = await flood.tell_once_a_day(request, subject, contact, tools)
        put_off = (tomorrow, *opened, *running)
        return Outcome(_wait("challenge_put_off", {**changes, **more}, put_off))
    number = request.challenge.number + 1 if request.challenge else 1
    name = f"challenge-{number}"
    mail = tools.mail(request.id, name)
    changes |= {
        "challenge": Challenge(
            number=number,
            issued_at=tools.now,
            ends_at=request.challenge.ends_at
            if request.challenge
            else tools.now + window(particulars, tools),
            route=contact.route,
        ),
        # Whoever challenges the same person now waits until this one counts.
        "sending": (*request.sending, code_lock(subject)),
        "challenges": (*request.challenges, tools.now),
        "summoned": False,
        "mails": {**request.mails, name: mail},
    }
    # The time to prove starts with the first code, which may have had to wait for a day.
    clock = ends if request.challenge is None else running
    word = Opening(f"mail:{name}", tools.policy.step_timeout)
    # Nobody calls, or posts a letter, with a code that is dead.
    dead = tuple(task for task in request.tasks if ":challenge-" in task)
    return Outcome(_wait("challenged", changes, (word, *clock), dead))


async def match(
    request: Request, particulars: Particulars, tools: Tools
) -> tuple[dict[str, Any], Contact | None]:
    """Look the person up: what is to be written of him, and where a code would go."""
    person = await tools.subjects.find(particulars.submission.subject.identifiers())
    if person is None or any(
        not tools.datamap.has(request.kind, person.ref.type, name) for name in request.fields
    ):
        return {}, None
    contact = next(iter(person.contacts), None)
    known = particulars.model_copy(
        update={"subject": person.ref, "contact": contact, "contacts": person.contacts}
    )
    if request.relation == "guardian":
        known = await _as_child(known, person.ref, request, tools)
        contact = known.contact
    sealed = await tools.sealer.seal(request.id, known)
    found = {"subject": person.pseudonym, "subject_type": person.ref.type, "sealed": sealed}
    return found, contact


async def _as_child(
    known: Particulars, subject: SubjectRef, request: Request, tools: Tools
) -> Particulars:
    """The code goes to the guardian on the child's record, and to nobody where that is unclear."""
    guardian = await tools.subjects.guardianship(subject)
    if guardian is None:
        return known.model_copy(update={"contact": None})
    fits = acts_for_child(known.submission.requester, guardian, request.received_at)
    return known.model_copy(
        update={
            "contact": guardian.contact if fits else None,
            "lapses_at": guardian.lapses_at,
        }
    )


def _wait(
    what: str,
    changes: Mapping[str, Any],
    opens: tuple[Opening, ...],
    closes: tuple[str, ...] = (),
) -> Transition:
    return Transition(
        what=what,
        by="verification",
        to=Status.AWAITING_PROOF,
        changes=changes,
        closes=("challenge", *closes),
        opens=opens,
    )


def expiry(particulars: Particulars, tools: Tools) -> Opening:
    """The end of the time to prove, which starts anew."""
    return Opening("expiry", window(particulars, tools) + tools.policy.grace, send=False)


def window(particulars: Particulars, tools: Tools) -> timedelta:
    """How long a proof is waited for."""
    slow = is_slow(particulars.submission)
    return tools.policy.letter_window if slow else tools.policy.proof_window
