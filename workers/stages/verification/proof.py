"""A proof: what only somebody who reads the contact on file can know."""

from __future__ import annotations

from typing import Any

from schemas.lifecycle import Opening, Status, Transition
from schemas.new_address import changes_mail
from schemas.request import ProofRecord, Request
from schemas.review import Review, Why
from schemas.submission import Proof, Withdrawal
from workers.ports import Outcome, Reply, Restrict, SubjectResult, Tools

NO = Outcome(reply=Reply(accepted=False))
YES = Reply(accepted=True)


async def check(message: Proof, request: Request | None, tools: Tools) -> Outcome:
    """Right: restrict, then conclude. Wrong: count the try. The answer says only yes or no."""
    if request is None:
        return NO
    if request.proof is not None and request.proof.id == message.proof_id:
        return Outcome(reply=YES)
    if request.status is not Status.AWAITING_PROOF or request.challenge is None:
        return NO
    if message.proof_id in request.challenge.tries:
        return NO
    if not code_is_right(message, request, tools):
        return _wrong(message.proof_id, request, tools)
    return Outcome(effects=(await disputed(request, tools),), reply=YES)


async def disputed(request: Request, tools: Tools) -> Restrict:
    """What a proof hides until it is done."""
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "whoever could prove it was found"
    # A deletion of everything: nothing of it may be used until it is gone, or stopped.
    fields = request.fields or tuple(tools.datamap.subjects[particulars.subject.type].fields)
    return Restrict(request.id, particulars.subject, fields)


def conclude(message: Proof, request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """Move on once the fields are restricted; somebody who was faster leaves nothing to do."""
    if request.proof is not None and request.proof.id == message.proof_id:
        return Outcome(reply=YES)
    late = request.status is not Status.AWAITING_PROOF
    if late or request.challenge is None or result.outcome not in {"done", "already"}:
        return NO
    record = ProofRecord(
        id=message.proof_id,
        route=message.channel,
        number=request.challenge.number,
        at=tools.now,
        digest=request.digest,
    )
    return proven(record, request, tools)


def proven(proof: ProofRecord, request: Request, tools: Tools) -> Outcome:
    """The way on, whatever it was proven by; a new mail address has to be confirmed besides."""
    needs_a_person = request.kind == "correction" and any(
        tools.datamap.field_named(name, request.subject_type).correctable == "review"
        for name in request.fields
    )
    if not needs_a_person and changes_mail(request, tools.datamap):
        return Outcome(
            Transition(
                what="proven",
                by="verification",
                changes={"proof": proof},
                closes=("challenge", "assertion"),
                opens=(Opening("new_address", tools.policy.step_timeout),),
                events=("restriction.applied",),
            ),
            reply=YES,
        )
    changes: dict[str, Any] = {}
    if needs_a_person:
        changes["review"] = Review(why=(Why.EVIDENCE_FIELD,), opened_at=tools.now)
    return Outcome(
        Transition(
            what="proven",
            by="verification",
            to=Status.IN_REVIEW if needs_a_person else Status.VERIFIED,
            changes={**changes, "proof": proof},
            closes=("expiry", "challenge", "assertion"),
            opens=() if needs_a_person else (next_step(request, tools),),
            events=("restriction.applied",),
        ),
        reply=YES,
    )


def next_step(request: Request, tools: Tools) -> Opening:
    """What does the work of a request that is proven, or was approved."""
    if request.kind == "deletion":
        cools = tools.policy.cooling_off or tools.policy.cooling_off_young
        return Opening("cooling_off" if cools else "deletion", tools.policy.step_timeout)
    return Opening("correction", tools.policy.step_timeout)


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
