"""A proof: what only somebody who reads the contact on file can know."""

from __future__ import annotations

from typing import Any

from schemas.actors import of_desk
from schemas.disputes import disputed
from schemas.guardianship import has_lapsed, to_review
from schemas.lifecycle import TASKS, Opening, Status, Transition
from schemas.messages import Confirmed
from schemas.new_address import changes_mail
from schemas.request import Mail, Particulars, ProofRecord, Request
from schemas.review import Why, at_desk
from schemas.submission import Proof, Withdrawal
from workers.ports import Outcome, Reply, Restrict, SubjectResult, Tools
from workers.stages.common.proceeding import next_step

NO = Outcome(reply=Reply(accepted=False))
YES = Reply(accepted=True)


async def check(message: Proof, request: Request | None, tools: Tools) -> Outcome:
    """Right: restrict, then conclude. Wrong: count the try. The answer says only yes or no."""
    if request is None:
        return NO
    if request.proof is not None and request.proof.id == message.proof_id:
        return Outcome(reply=YES)
    challenge = request.challenge if request.status is Status.AWAITING_PROOF else None
    if challenge is None or message.proof_id in challenge.tries:
        return NO
    if not code_is_right(message, request, tools):
        return _wrong(message.proof_id, request, tools)
    return await _restrict(message, request, tools)


async def confirm(message: Confirmed, request: Request | None, tools: Tools) -> Outcome:
    """Two people say that the person said yes at the number on file: that is a proof as well.

    Neither of them is who took the request in.
    """
    if request is None or request.status is not Status.AWAITING_PROOF or request.proof:
        return NO
    challenge = request.challenge
    if challenge is None or challenge.route != "call" or challenge.dead:
        return NO
    if tools.now > challenge.ends_at + tools.policy.grace or challenge.confirmed_by == message.by:
        return NO
    if (await tools.sealer.open(request)).taken_in_by(message.by):
        return NO
    if challenge.confirmed_by is None:
        called = challenge.model_copy(update={"confirmed_by": message.by})
        return Outcome(
            Transition("call_confirmed", of_desk(message.by), changes={"challenge": called}),
            reply=YES,
        )
    return await _restrict(message, request, tools)


async def _restrict(message: Proof | Confirmed, request: Request, tools: Tools) -> Outcome:
    particulars = await tools.sealer.open(request)
    if has_lapsed(particulars, tools.now):
        unclear = to_review(request, tools.now, by="verification", closes=awaiting(request))
        return Outcome(unclear, reply=YES)
    hidden = restriction(request, particulars, tools)
    if hidden is None:
        return _proven(message, request, tools)
    return Outcome(effects=(hidden,), reply=YES)


def restriction(request: Request, particulars: Particulars, tools: Tools) -> Restrict | None:
    """What a proof hides until the request is done; None where it disputes nothing."""
    assert particulars.subject is not None, "whoever could prove it was found"
    fields = disputed(request, tuple(tools.datamap.subjects[particulars.subject.type].fields))
    return Restrict(request.id, particulars.subject, fields) if fields else None


def conclude(
    message: Proof | Confirmed, request: Request, result: SubjectResult, tools: Tools
) -> Outcome:
    """Move on once the fields are restricted; somebody who was faster leaves nothing to do."""
    if request.proof is not None and request.proof.id == message.proof_id:
        return Outcome(reply=YES)
    late = request.status is not Status.AWAITING_PROOF or request.proof is not None
    if late or request.challenge is None or result.outcome not in {"done", "already"}:
        return NO
    return _proven(message, request, tools)


def _proven(message: Proof | Confirmed, request: Request, tools: Tools) -> Outcome:
    assert request.challenge is not None, "a proof answers a challenge"
    record = ProofRecord(
        id=message.proof_id,
        route=message.channel,
        number=request.challenge.number,
        at=tools.now,
        digest=request.digest,
    )
    if not isinstance(message, Confirmed):
        return proven(record, request, tools)
    # The call has said what the word that asked for it was to say.
    name = f"challenge-{record.number}"
    said = request.mails[name].model_copy(update={"status": "sent"})
    called = request.model_copy(update={"mails": {**request.mails, name: said}})
    return proven(record, called, tools, by=of_desk(message.by))


def proven(
    proof: ProofRecord, request: Request, tools: Tools, *, by: str = "verification"
) -> Outcome:
    """The way on, whatever it was proven by; a new mail address has to be confirmed besides."""
    mails, told = _tell_child(request, tools)
    changes: dict[str, Any] = {"proof": proof, "mails": mails}
    to: Status | None = Status.VERIFIED
    closes, opens = awaiting(request), (*told, next_step(request, proof.route, tools))
    if request.kind == "correction" and any(
        tools.datamap.field_named(name, request.subject_type).correctable == "review"
        for name in request.fields
    ):
        changes["review"] = at_desk(request.review, (Why.EVIDENCE_FIELD,), tools.now)
        to, opens = Status.IN_REVIEW, told
    elif changes_mail(request, tools.datamap):
        # It awaits another proof, of the new address, whose time begins when it is asked for.
        to, closes = None, tuple(step for step in closes if step != "expiry")
    return Outcome(
        Transition(
            what="proven",
            by=by,
            to=to,
            changes=changes,
            closes=closes,
            opens=opens,
            events=("restriction.applied",) if disputed(request) else (),
        ),
        reply=YES,
    )


def _tell_child(request: Request, tools: Tools) -> tuple[dict[str, Mail], tuple[Opening, ...]]:
    """Where the policy says so, a child hears of what its guardian has asked for."""
    if request.relation != "guardian" or request.subject_type is None:
        return request.mails, ()
    guardian = tools.datamap.subjects[request.subject_type].guardian
    if guardian is None or not guardian.tell_child:
        return request.mails, ()
    mail = tools.mail(request.id, "guardian")
    opening = Opening("mail:guardian", tools.policy.step_timeout)
    return {**request.mails, "guardian": mail}, (opening,)


def awaiting(request: Request) -> tuple[str, ...]:
    """The steps that end when no proof is waited for any more: clocks, and calls to make."""
    to_do = tuple(f"{kind}challenge-" for kind in TASKS)
    ways = ("expiry", "challenge", "assertion", "new_address")
    return (*ways, *(step for step in request.steps if step.startswith(to_do)))


def code_is_right(message: Proof | Withdrawal, request: Request, tools: Tools) -> bool:
    """Whether this is the code or the link token of the request's living challenge."""
    challenge = request.challenge
    if challenge is None:
        return False
    code = tools.tokens.code(request.id, challenge.number, request.digest)
    link = tools.tokens.link(request.id, challenge.number, "proof", request.digest)
    given = message.code or ""
    right = tools.tokens.matches(given, code) | tools.tokens.matches(given, link)
    alive = not challenge.dead and tools.now <= challenge.ends_at + tools.policy.grace
    return right and alive


def count_try(proof_id: str, request: Request, tools: Tools) -> Transition:
    """The transition that a wrong code causes: the fifth kills the code, another one goes out."""
    assert request.challenge is not None
    tried = request.challenge.tried(proof_id)
    opens: tuple[Opening, ...] = ()
    if not tried.dead and len(tried.tries) >= tools.policy.max_tries:
        tried = tried.model_copy(update={"dead": True})
        if request.status is Status.AWAITING_PROOF:
            opens = (Opening("challenge", tools.policy.step_timeout),)
    return Transition(
        what="code_killed" if tried.dead else "code_wrong",
        by="verification",
        changes={"challenge": tried},
        opens=opens,
    )


def _wrong(proof_id: str, request: Request, tools: Tools) -> Outcome:
    assert request.challenge is not None
    if request.challenge.dead:
        return NO
    return Outcome(count_try(proof_id, request, tools), reply=Reply(accepted=False))
