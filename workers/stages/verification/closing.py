"""The ways out that change nothing: expiry, withdrawal, and "nothing arrived"."""

from __future__ import annotations

from dataclasses import replace

from schemas.actors import of_desk
from schemas.contacts import of_requester
from schemas.disputes import disputed
from schemas.guardianship import to_review
from schemas.lifecycle import RETRACTABLE, Opening, Status, Transition
from schemas.messages import NothingArrived
from schemas.new_address import awaits_confirmation
from schemas.request import Request
from schemas.review import Review, Why, at_desk
from schemas.submission import Withdrawal
from schemas.words import ANNOUNCEMENTS, is_still_true
from workers.ports import NOTHING, Outcome, Release, Reply, SubjectResult, Tools, stop_code
from workers.stages.common.evidence import evidence_goes
from workers.stages.verification.proof import (
    NO,
    YES,
    awaiting,
    code_is_right,
    count_try,
)


async def expire(request: Request, tools: Tools) -> Outcome:
    """Nobody proved in time: say so, and afterwards undo what a late proof may have restricted."""
    if request.status is Status.VERIFIED and awaits_confirmation(request):
        return Outcome(_unconfirmed(request, tools))
    if request.status is not Status.AWAITING_PROOF:
        return Outcome(Transition("clock_stopped", "verification", closes=("expiry",)))
    if request.relation == "guardian":
        # Alike for whoever was found: that a code went out at all is for the guardian to know.
        closes = awaiting(request)
        return Outcome(to_review(request, tools.now, by="verification", closes=closes))
    particulars = await tools.sealer.open(request)
    timeout = tools.policy.step_timeout
    mails = dict(request.mails)
    opens: tuple[Opening, ...] = ()
    if of_requester(particulars.submission):
        mails["expiry"] = tools.mail(request.id, "expiry")
        opens = (Opening("mail:expiry", timeout),)
    if particulars.subject is not None:
        opens = (*opens, Opening("release", timeout))
    return Outcome(
        Transition(
            what="expired",
            by="verification",
            to=Status.EXPIRED,
            changes={"mails": mails},
            closes=("deadline", *awaiting(request)),
            opens=(*opens, *evidence_goes(request, tools)),
        )
    )


def _unconfirmed(request: Request, tools: Tools) -> Transition:
    """The desk approved an address that nobody reads, or that another member has: it looks again.

    What the proof restricted stays so.
    """
    before = request.review or Review(why=(), opened_at=tools.now)
    why = tuple(dict.fromkeys((*before.why, Why.UNCONFIRMED)))
    return Transition(
        what="address_unconfirmed",
        by="verification",
        to=Status.IN_REVIEW,
        changes={"review": before.model_copy(update={"why": why, "approvals": ()})},
        closes=("expiry",),
    )


async def release(request: Request, tools: Tools) -> Outcome:
    """Claim the slot and lift whatever this request restricted."""
    particulars = await tools.sealer.open(request)
    if particulars.subject is None:
        return conclude_release(request)
    return Outcome(effects=(Release(request.id, particulars.subject),))


def conclude_release(request: Request) -> Outcome:
    """Nothing of this request is restricted any more."""
    lifted = ("restriction.lifted",) if request.proof and disputed(request) else ()
    return Outcome(Transition("released", "verification", closes=("release",), events=lifted))


async def withdraw(message: Withdrawal, request: Request | None, tools: Tools) -> Outcome:
    """Take the request back, shown by the code of its challenge; a wrong code counts as a try.

    Or by the code of the word that it is about to be done: whoever was called has no other.
    """
    if request is None:
        return NO
    right = code_is_right(message, request, tools) or _stops(message, request, tools)
    if request.status is Status.WITHDRAWN:
        return Outcome(reply=YES) if right else NO
    tried = (*request.stop_tries, *(request.challenge.tries if request.challenge else ()))
    if request.status not in RETRACTABLE or message.withdrawal_id in tried:
        return NO
    if not right:
        return _count(message.withdrawal_id, request, tools)
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "whoever was sent a code was found"
    return Outcome(effects=(Release(request.id, particulars.subject),), reply=YES)


def is_stoppable(request: Request) -> bool:
    """Whether it waits so that somebody can stop it, or may have to."""
    waits = request.kind == "deletion" or request.begins_at is not None
    return request.status in RETRACTABLE and (waits or request.is_open("approved"))


def _stops(message: Withdrawal, request: Request, tools: Tools) -> bool:
    told = any(name.startswith(ANNOUNCEMENTS) for name in request.mails)
    alive = told and len(request.stop_tries) < tools.policy.max_tries
    return tools.tokens.matches(message.code, stop_code(request, tools)) and alive


def _count(withdrawal_id: str, request: Request, tools: Tools) -> Outcome:
    """A wrong code is a try at either: five at one of them end that one."""
    living = request.challenge is not None and not request.challenge.dead
    told = any(name.startswith(ANNOUNCEMENTS) for name in request.mails)
    stops = told and len(request.stop_tries) < tools.policy.max_tries
    if not living and not stops:
        return NO
    wrong = Transition("code_wrong", "verification")
    if living:
        wrong = count_try(withdrawal_id, request, tools)
    if stops:
        tries = {"stop_tries": (*request.stop_tries, withdrawal_id)}
        wrong = replace(wrong, changes={**wrong.changes, **tries})
    return Outcome(wrong, reply=Reply(accepted=False))


def conclude_withdrawal(
    request: Request, result: SubjectResult, tools: Tools, *, by: str = "verification"
) -> Outcome:
    """The slot is ours, so no correction of this request can ever be applied: it is withdrawn.

    That holds even where a proof moved the request on meanwhile: first claim wins (D2).
    """
    if request.status not in RETRACTABLE or result.outcome not in {"done", "already", "gone"}:
        return NO
    restricted = request.proof is not None and bool(disputed(request))
    mails = {name: tools.mail(request.id, name) for name in _tells(request)}
    return Outcome(
        Transition(
            what="withdrawn",
            by=by,
            to=Status.WITHDRAWN,
            changes={"sending": (), "mails": {**request.mails, **mails}},
            closes=tuple(step for step in request.steps if not is_still_true(step)),
            opens=(
                *evidence_goes(request, tools),
                *(Opening(f"mail:{name}", tools.policy.step_timeout) for name in mails),
            ),
            events=("restriction.lifted",) if restricted else (),
        ),
        reply=YES,
    )


def _tells(request: Request) -> list[str]:
    """The contact on file hears of it, and whoever may have heard that it was to begin."""
    others = [
        f"withdrawal-{name.partition('-')[2]}"
        for name, mail in request.mails.items()
        if name.startswith(ANNOUNCEMENTS) and (mail.marks or mail.status == "sent")
    ]
    return list(dict.fromkeys(["withdrawal-1", *others]))


def nothing_arrived(message: NothingArrived, request: Request | None, tools: Tools) -> Outcome:
    """The requester says that no code came: a person finds another way, whoever was found."""
    if request is None or request.status is not Status.AWAITING_PROOF:
        return NOTHING
    expected = tools.tokens.link(request.id, 0, "nothing-arrived", request.digest)
    if message.by is None and not tools.tokens.matches(message.token or "", expected):
        return NOTHING
    why: tuple[Why, ...] = (Why.NOTHING_ARRIVED,)
    if request.relation == "guardian":
        why = (*why, Why.GUARDIAN_UNCLEAR)
    return Outcome(
        Transition(
            what="nothing_arrived",
            by="verification" if message.by is None else of_desk(message.by),
            to=Status.IN_REVIEW,
            changes={"review": at_desk(request.review, why, tools.now)},
            closes=awaiting(request),
        ),
        reply=YES,
    )
