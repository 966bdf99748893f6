"""The ways out that change nothing: expiry, withdrawal, and "this wasn't me"."""

from __future__ import annotations

from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Disown
from schemas.request import Mail, Request
from schemas.review import Review, Why
from schemas.submission import Withdrawal
from workers.ports import NOTHING, Outcome, Release, Reply, SubjectResult, Tools
from workers.stages.verification.proof import NO, YES, code_is_right, count_try

CLOCKS = ("expiry", "challenge", "deadline")

RETRACTABLE = frozenset({Status.AWAITING_PROOF, Status.IN_REVIEW, Status.VERIFIED})
"""Where a request can still be taken back, since nothing has been changed yet."""


async def expire(request: Request, tools: Tools) -> Outcome:
    """Nobody proved in time: say so, and afterwards undo what a late proof may have restricted."""
    if request.status is not Status.AWAITING_PROOF:
        return Outcome(Transition("clock_stopped", "verification", closes=("expiry",)))
    particulars = await tools.sealer.open(request)
    timeout = tools.policy.step_timeout
    mails = dict(request.mails)
    opens: tuple[Opening, ...] = ()
    if particulars.submission.requester.email:
        mails["expiry"] = Mail(
            message_id=f"<{request.id}.expiry@{tools.policy.mail_domain}>", created_at=tools.now
        )
        opens = (Opening("mail:expiry", timeout),)
    if particulars.subject is not None:
        opens = (*opens, Opening("release", timeout))
    return Outcome(
        Transition(
            what="expired",
            by="verification",
            to=Status.EXPIRED,
            changes={"mails": mails},
            closes=CLOCKS,
            opens=opens,
        )
    )


async def release(request: Request, tools: Tools) -> Outcome:
    """Claim the slot and lift whatever this request restricted."""
    particulars = await tools.sealer.open(request)
    if particulars.subject is None:
        return conclude_release(request)
    return Outcome(effects=(Release(request.id, particulars.subject),))


def conclude_release(request: Request) -> Outcome:
    """Nothing of this request is restricted any more."""
    lifted = ("restriction.lifted",) if request.proof else ()
    return Outcome(Transition("released", "verification", closes=("release",), events=lifted))


async def withdraw(message: Withdrawal, request: Request | None, tools: Tools) -> Outcome:
    """Take the request back, shown by the code of its challenge; a wrong code counts as a try."""
    if request is None:
        return NO
    if request.status is Status.WITHDRAWN:
        return Outcome(reply=YES) if code_is_right(message, request, tools) else NO
    if request.status not in RETRACTABLE or request.challenge is None:
        return NO
    if message.withdrawal_id in request.challenge.tries or request.challenge.dead:
        return NO
    if not code_is_right(message, request, tools):
        wrong = count_try(message.withdrawal_id, request, tools)
        return Outcome(wrong, reply=Reply(accepted=False))
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "a challenge has a subject"
    return Outcome(effects=(Release(request.id, particulars.subject),), reply=YES)


def conclude_withdrawal(request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """The slot is ours, so no correction of this request can ever be applied: it is withdrawn.

    That holds even where a proof moved the request on meanwhile: first claim wins (D2).
    """
    if request.status not in RETRACTABLE or result.outcome not in {"done", "already", "gone"}:
        return NO
    mails = {
        name: Mail(
            message_id=f"<{request.id}.{name}@{tools.policy.mail_domain}>", created_at=tools.now
        )
        for name in _tells(request)
    }
    return Outcome(
        Transition(
            what="withdrawn",
            by="verification",
            to=Status.WITHDRAWN,
            changes={"sending": (), "mails": {**request.mails, **mails}},
            closes=tuple(step for step in request.steps if not is_still_true(step)),
            opens=(
                *_evidence_goes(request, tools),
                *(Opening(f"mail:{name}", tools.policy.step_timeout) for name in mails),
            ),
            events=("restriction.lifted",) if request.proof else (),
        ),
        reply=YES,
    )


def _tells(request: Request) -> list[str]:
    """The contact on file hears of it, and whoever may have heard that it was to begin."""
    others = [
        f"withdrawal-{name.partition('-')[2]}"
        for name, mail in request.mails.items()
        if name.startswith(("cooling-", "notice-", "approval-"))
        and (mail.marks or mail.status == "sent")
    ]
    return list(dict.fromkeys(["withdrawal-1", *others]))


def is_still_true(step: str) -> bool:
    """A mail that was opened before goes out, but not the announcement of what will not happen."""
    return step.startswith("mail:") and not step.startswith(
        ("mail:cooling-", "mail:notice-", "mail:confirmation", "mail:approval-")
    )


def _evidence_goes(request: Request, tools: Tools) -> tuple[Opening, ...]:
    return (Opening("evidence", tools.policy.step_timeout),) if request.review else ()


def disown(message: Disown, request: Request | None, tools: Tools) -> Outcome:
    """The contact on file did not ask for this: the code dies and a person looks at it."""
    if request is None or request.challenge is None:
        return NOTHING
    if request.status is not Status.AWAITING_PROOF:
        return NOTHING
    expected = tools.tokens.link(request.id, request.challenge.number, "disown", request.digest)
    if not tools.tokens.matches(message.token, expected):
        return NOTHING
    return Outcome(
        Transition(
            what="disowned",
            by="verification",
            to=Status.IN_REVIEW,
            changes={
                "challenge": request.challenge.model_copy(update={"dead": True}),
                "review": Review(why=(Why.DISOWNED,), opened_at=tools.now),
            },
            closes=("expiry", "challenge"),
        )
    )
