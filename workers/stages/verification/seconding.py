"""A second contact on file says yes as well: then nothing has to wait (security rule 3).

Whoever reads one mailbox of a person seldom has the phone, or another mailbox, too. So the word
that something is about to be done, when it goes to another contact than the one that proved it,
can also be answered with yes: by its link, or in the call, on record once two of the desk say so.
Nobody has to: who has lost that contact, or is never called, waits, and is not locked out. A
contact that is young, or of unknown age, is told and can stop it, but its yes ends nothing.
"""

from __future__ import annotations

from schemas.actors import of_desk
from schemas.lifecycle import TASKS, Opening, Status, Transition
from schemas.messages import Confirmed, GoOn
from schemas.request import ProofRecord, Request
from schemas.words import ANNOUNCEMENTS
from workers.ports import NOTHING, Outcome, Tools
from workers.stages.verification.proof import NO, YES


def go_on(message: GoOn, request: Request | None, tools: Tools) -> Outcome:
    """The button behind the link was pressed."""
    if request is None or not waits(request, tools):
        return NOTHING
    for name, mail in request.mails.items():
        if name.startswith(ANNOUNCEMENTS) and mail.second:
            number = int(name.partition("-")[2])
            expected = tools.tokens.link(request.id, number, "go-on", request.digest)
            if tools.tokens.matches(message.token, expected):
                yes = ProofRecord(
                    id=tools.tokens.new_id(),
                    route="mail",
                    number=number,
                    at=tools.now,
                    digest=request.digest,
                )
                return Outcome(_seconded(yes, request, "verification", tools))
    return NOTHING


async def confirm(message: Confirmed, request: Request, tools: Tools) -> Outcome:
    """Somebody called the second contact and heard yes; it counts once another says so as well.

    Neither of them is who took the request in.
    """
    called = [
        name
        for name in request.tasks
        if name.startswith("call:") and _is_second(name.removeprefix("call:"), request)
    ]
    if not waits(request, tools) or not called or request.heard_by == message.by:
        return NO
    if (await tools.sealer.open(request)).taken_in_by(message.by):
        return NO
    if request.heard_by is None:
        heard = Transition("call_confirmed", of_desk(message.by), changes={"heard_by": message.by})
        return Outcome(heard, reply=YES)
    yes = ProofRecord(
        id=message.proof_id,
        route=message.channel,
        number=int(called[0].rpartition("-")[2]),
        at=tools.now,
        digest=request.digest,
    )
    return Outcome(_seconded(yes, request, of_desk(message.by), tools), reply=YES)


def waits(request: Request, tools: Tools) -> bool:
    """Whether it is proven, and only the time to stop it is not over."""
    begins = request.begins_at
    return request.status is Status.VERIFIED and begins is not None and tools.now < begins


def _is_second(name: str, request: Request) -> bool:
    return name.startswith(ANNOUNCEMENTS) and request.mails[name].second


def _seconded(yes: ProofRecord, request: Request, by: str, tools: Tools) -> Transition:
    # A change of the address waits under a name of its own; the others under their kind's.
    step = "new_address" if request.is_open("new_address") else request.kind
    told = tuple(
        name
        for name in request.steps
        if name.startswith(("mail:", *TASKS)) and name.partition(":")[2].startswith(ANNOUNCEMENTS)
    )
    return Transition(
        what="seconded",
        by=by,
        changes={"seconded": yes, "begins_at": tools.now},
        closes=told,
        opens=(Opening(step, tools.policy.step_timeout),),
    )
