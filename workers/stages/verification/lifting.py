"""The end of a restriction: only the person lifts it, and lifting is how a channel takes it back.

The completion mail, which goes to the contact on file, holds a link and a code of its own; the
challenge's code lapses with its challenge, a restriction may stand for years. A withdrawal with
that code lifts it by every channel; wrong ones count as tries, and the link outlives them.

A guardian's right ends with the age, and so does that of the guardian's link and code. Whoever uses
them later, or asks the desk (`dsr lift`), has fresh ones sent to the child's own contact: those
lift it. So does a person who has lost the first ones. What proves is always the contact on file.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.actors import of_desk
from schemas.bindings import lifted_by
from schemas.errors import KeyGone
from schemas.guardianship import has_ended
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Lift, SendLift
from schemas.request import LiftCode, Lifting, Particulars, Request
from schemas.submission import Withdrawal
from workers.ports import NOTHING, Outcome, Reply, Resume, SubjectResult, Tools
from workers.stages.verification.proof import NO, YES, code_is_right

STANDING = frozenset({Status.APPLIED, Status.COMPLETED})
ONCE = timedelta(days=1)
"""So often at most fresh ones are sent: whoever knows a tracking code must not flood a person."""


async def lift(message: Lift, request: Request | None, tools: Tools) -> Outcome:
    """The button behind the link was pressed."""
    if request is None or not stands(request) or request.lifting is not None:
        return NOTHING
    number = _numbered(message.token, request, tools)
    return await _resume(request, number, tools) if number else NOTHING


async def take_back(message: Withdrawal, request: Request | None, tools: Tools) -> Outcome:
    """A channel brings the code; the same again gets the same answer."""
    assert request is not None, "what stands was asked for"
    lifts = _code_of(request)
    if message.withdrawal_id in lifts.tries:
        return NO
    number = _numbered(message.code, request, tools)
    code = tools.tokens.code(request.id, lifts.number, lifted_by(request))
    if tools.tokens.matches(message.code, code) and not lifts.dead:
        number = lifts.number
    if not number and code_is_right(message, request, tools):
        # The challenge's own, while it lives: as good as what came first.
        number = 1
    if not number:
        return _wrong(message.withdrawal_id, request, tools)
    if request.lifting is not None:
        return Outcome(reply=YES)
    return await _resume(request, number, tools)


async def send(message: SendLift, request: Request | None, tools: Tools) -> Outcome:
    """The person has no link any more, or never had one: a fresh one goes to the own contact."""
    if request is None or not stands(request) or request.lifting is not None:
        return NO
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        return NO
    if request.relation == "guardian" and not has_ended(request, particulars, tools.now):
        # The guardian's own still lifts it, and no word of the guardian's goes to the child.
        return NO
    return await _send(request, particulars, of_desk(message.by), tools)


def _code_of(request: Request) -> LiftCode:
    return request.lift or LiftCode()


def _numbered(given: str, request: Request, tools: Tools) -> int:
    """Whose link it is: 1 of whoever asked, 2 and more of the person's own; 0: none of them."""
    right = 0
    for number in range(1, _code_of(request).number + 1):
        link = tools.tokens.link(request.id, number, "lift", request.digest)
        right = number if tools.tokens.matches(given, link) else right
    return right


def _wrong(withdrawal_id: str, request: Request, tools: Tools) -> Outcome:
    lifts = _code_of(request)
    if lifts.dead:
        return NO
    tries = (*lifts.tries, withdrawal_id)
    dead = len(tries) >= tools.policy.max_tries
    tried = lifts.model_copy(update={"tries": tries, "dead": dead})
    what = "code_killed" if dead else "code_wrong"
    return Outcome(Transition(what, "verification", changes={"lift": tried}), reply=NO.reply)


def stands(request: Request) -> bool:
    """Whether this is a restriction that was put into effect."""
    return request.kind == "restriction" and request.status in STANDING


async def _resume(request: Request, number: int, tools: Tools) -> Outcome:
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        # The person was deleted meanwhile: there is nothing that could be used again.
        return NO
    if number == 1 and has_ended(request, particulars, tools.now):
        # A guardian's right does not outlive the age, and this restriction is the child's.
        return await _send(request, particulars, "verification", tools)
    assert particulars.subject is not None, "a challenge has a subject"
    return Outcome(effects=(Resume(request.id, particulars.subject),), reply=YES)


async def _send(request: Request, particulars: Particulars, by: str, tools: Tools) -> Outcome:
    lifts = _code_of(request)
    if lifts.sent_at is not None and tools.now - lifts.sent_at < ONCE:
        return NO
    assert particulars.subject is not None, "what was put into effect is somebody's"
    contacts = await tools.subjects.contacts(particulars.subject)
    if not contacts:
        return NO
    number = lifts.number + 1
    name = f"lift-{number}"
    known = particulars.model_copy(update={"contacts": contacts})
    return Outcome(
        Transition(
            what="lift_sent",
            by=by,
            changes={
                "lift": LiftCode(number=number, sent_at=tools.now),
                "sealed": await tools.sealer.seal(request.id, known),
                "mails": {**request.mails, name: tools.mail(request.id, name)},
            },
            opens=(Opening(f"mail:{name}", tools.policy.step_timeout),),
        ),
        # From outside as where nothing was sent; whoever reports it at the desk is told.
        reply=YES if by != "verification" else Reply(accepted=False),
    )


def conclude(request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """Lifted: the recipients are told, and so is the person."""
    if result.outcome not in {"done", "already"}:
        return NO
    if request.lifting is not None:
        return Outcome(reply=YES)
    timeout = tools.policy.step_timeout
    mail = tools.mail(
        request.id,
        "lifted",
        notices={name: notice.status for name, notice in request.notices.items()},
    )
    return Outcome(
        Transition(
            what="lifted",
            by="verification",
            changes={
                "lifting": Lifting(at=tools.now),
                "mails": {**request.mails, "lifted": mail},
            },
            opens=(Opening("mail:lifted", timeout), Opening("lifting", timeout)),
            events=("restriction.lifted",),
        ),
        reply=YES,
    )
