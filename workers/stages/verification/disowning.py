"""The contact on file did not ask for this: nothing goes on, and the department hears at once.

One link says so, of a request that somebody else has made and of the package that one came to.
"""

from __future__ import annotations

from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Disown
from schemas.request import Mail, Request
from schemas.review import Review, Why
from schemas.words import PACKAGE_DISOWNED, REQUEST_DISOWNED, of_approval
from workers.ports import NOTHING, Outcome, Tools
from workers.stages.verification.proof import awaiting


def disown(message: Disown, request: Request | None, tools: Tools) -> Outcome:
    """The code dies and a person looks at it; also where somebody has said that nothing arrived.

    Of a request that is proven it says so of the package.
    """
    if request is None:
        return NOTHING
    unproven = request.status is Status.IN_REVIEW and request.proof is None
    if request.status is not Status.AWAITING_PROOF and not unproven:
        return _block(message.token, request, tools)
    if request.challenge is None:
        return NOTHING
    expected = tools.tokens.link(request.id, request.challenge.number, "disown", request.digest)
    if not tools.tokens.matches(message.token, expected):
        return NOTHING
    review = request.review or Review(why=(), opened_at=tools.now)
    if Why.DISOWNED in review.why:
        return NOTHING
    # An approval that was given before that was known, and has not taken effect, is void.
    again = {"why": (*review.why, Why.DISOWNED), "approvals": ()}
    mails, alarm = _alarm(REQUEST_DISOWNED, request, tools)
    return Outcome(
        Transition(
            what="disowned",
            by="verification",
            to=Status.IN_REVIEW,
            changes={
                "challenge": request.challenge.model_copy(update={"dead": True}),
                "review": review.model_copy(update=again),
                "mails": mails,
            },
            closes=("approved", *of_approval(request.steps), *awaiting(request)),
            opens=(alarm,),
        )
    )


def _block(token: str, request: Request, tools: Tools) -> Outcome:
    """Nobody fetches it any more, and the desk sees why."""
    if request.package is None or request.package.blocked:
        return NOTHING
    expected = tools.tokens.link(request.id, request.link_number, "disown", request.digest)
    if not tools.tokens.matches(token, expected):
        return NOTHING
    blocked = request.package.model_copy(update={"blocked": True})
    mails, alarm = _alarm(PACKAGE_DISOWNED, request, tools)
    changes = {"package": blocked, "mails": mails}
    return Outcome(Transition("package_disowned", "access", changes=changes, opens=(alarm,)))


def _alarm(name: str, request: Request, tools: Tools) -> tuple[dict[str, Mail], Opening]:
    """The mail that alarms the department, and its step: somebody asks in another one's name."""
    mails = {**request.mails, name: tools.mail(request.id, name)}
    return mails, Opening(f"mail:{name}", tools.policy.step_timeout)
