"""The end of a restriction: only the person lifts it, and lifting is how a channel takes it back.

The completion mail, which goes to the contact on file, holds a link and a code of its own; the
challenge's code lapses with its challenge, a restriction may stand for years. A withdrawal with
that code lifts it by every channel; wrong ones count as tries, and the link outlives them.
"""

from __future__ import annotations

from schemas.errors import KeyGone
from schemas.guardianship import has_ended
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Lift
from schemas.request import Lifting, Request, lifted_by
from schemas.submission import Withdrawal
from workers.ports import NOTHING, Outcome, Reply, Resume, SubjectResult, Tools
from workers.stages.verification.proof import NO, YES, code_is_right, count_try

STANDING = frozenset({Status.APPLIED, Status.COMPLETED})


async def lift(message: Lift, request: Request | None, tools: Tools) -> Outcome:
    """The button behind the link was pressed."""
    if request is None or not stands(request) or request.lifting is not None:
        return NOTHING
    if not tools.tokens.matches(message.token, _token(request, tools)):
        return NOTHING
    return await _resume(request, tools)


async def take_back(message: Withdrawal, request: Request | None, tools: Tools) -> Outcome:
    """A channel brings the code; the same again gets the same answer."""
    assert request is not None, "what stands was asked for"
    if request.challenge is None:
        # Approved at the desk without a code: tries could not be counted. The link lifts it.
        return NO
    if message.withdrawal_id in request.challenge.tries or request.challenge.dead:
        return NO
    code = tools.tokens.code(request.id, request.challenge.number, lifted_by(request))
    right = tools.tokens.matches(message.code, code)
    right |= tools.tokens.matches(message.code, _token(request, tools))
    if not right and not code_is_right(message, request, tools):
        wrong = count_try(message.withdrawal_id, request, tools)
        return Outcome(wrong, reply=Reply(accepted=False))
    return Outcome(reply=YES) if request.lifting is not None else await _resume(request, tools)


def _token(request: Request, tools: Tools) -> str:
    return tools.tokens.link(request.id, request.link_number, "lift", request.digest)


def stands(request: Request) -> bool:
    """Whether this is a restriction that was put into effect."""
    return request.kind == "restriction" and request.status in STANDING


async def _resume(request: Request, tools: Tools) -> Outcome:
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        # The person was deleted meanwhile: there is nothing that could be used again.
        return NO
    if has_ended(request, particulars, tools.now):
        # A guardian's right does not outlive the age, and this restriction is the child's.
        return NO
    assert particulars.subject is not None, "a challenge has a subject"
    return Outcome(effects=(Resume(request.id, particulars.subject),), reply=YES)


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
