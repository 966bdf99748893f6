"""A proof: what only somebody who reads the contact on file can know."""

from __future__ import annotations

from typing import Any

from schemas.lifecycle import Opening, Status, Transition
from schemas.request import DISPUTE_NOTHING, ProofRecord, Request
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
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "a challenge has a subject"
    everything = tuple(tools.datamap.subjects[particulars.subject.type].fields)
    fields = disputed(request, everything)
    return Outcome(effects=(Restrict(request.id, particulars.subject, fields),), reply=YES)


def disputed(request: Request, everything: tuple[str, ...] = ("*",)) -> tuple[str, ...]:
    """What a request of this kind disputes: nobody uses it until the request is done.

    Of everything, too: a deletion of it must not be used until it is gone, or stopped.
    """
    if request.kind in DISPUTE_NOTHING:
        return ()
    return request.fields or everything


def conclude(message: Proof, request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """Move on once the fields are restricted; somebody who was faster leaves nothing to do."""
    if request.proof is not None and request.proof.id == message.proof_id:
        return Outcome(reply=YES)
    late = request.status is not Status.AWAITING_PROOF
    if late or request.challenge is None or result.outcome not in {"done", "already"}:
        return NO
    needs_a_person = request.kind == "correction" and any(
        tools.datamap.field_named(name, request.subject_type).correctable == "review"
        for name in request.fields
    )
    changes: dict[str, Any] = {}
    if needs_a_person:
        changes["review"] = Review(why=(Why.EVIDENCE_FIELD,), opened_at=tools.now)
    proof = ProofRecord(
        id=message.proof_id,
        route=message.channel,
        number=request.challenge.number,
        at=tools.now,
        digest=request.digest,
    )
    return Outcome(
        Transition(
            what="proven",
            by="verification",
            to=Status.IN_REVIEW if needs_a_person else Status.VERIFIED,
            changes={**changes, "proof": proof},
            closes=("expiry", "challenge"),
            opens=() if needs_a_person else (next_step(request, tools),),
            events=("restriction.applied",) if disputed(request) else (),
        ),
        reply=YES,
    )


def next_step(request: Request, tools: Tools) -> Opening:
    """What does the work of a request that is proven, or was approved."""
    if request.kind == "deletion":
        cools = tools.policy.cooling_off or tools.policy.cooling_off_young
        return Opening("cooling_off" if cools else "deletion", tools.policy.step_timeout)
    # The step of the other kinds has the kind's own name.
    return Opening(request.kind, tools.policy.step_timeout)


def code_is_right(message: Proof | Withdrawal, request: Request, tools: Tools) -> bool:
    """Whether this is the code or the link token of the request's living challenge."""
    challenge = request.challenge
    if challenge is None:
        return False
    code = tools.tokens.code(request.id, challenge.number, request.digest)
    link = tools.tokens.link(request.id, challenge.number, "proof", request.digest)
    right = tools.tokens.matches(message.code, code) | tools.tokens.matches(message.code, link)
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
