"""An assertion: the company's own login says who is signed in, and which content it was told.

1. `take`: the token is genuine and fresh, was signed for this very content, and names the very
   person to whom the submission's identifiers lead. Anything else changes nothing and is no try:
   there is nothing to guess, and a stranger could otherwise use up a person's tries.
2. `restrict`: from there on it is a proof like any other. Its own step, since a channel may be
   quicker than the challenge: then the person is looked up here, and no code is sent at all.

A token proves one request, once: its keyed `jti` is written together with what it opens, under a
unique index, so nothing can happen between its use and its mark. The mark stays with the request,
longer than any token lives.
"""

from __future__ import annotations

from typing import Any

from schemas.errors import AssertionRefused
from schemas.issuers import Asserted
from schemas.lifecycle import Opening, Status, Transition
from schemas.request import ProofRecord, Request, SubjectRef
from schemas.submission import Proof
from workers.ports import Outcome, SubjectResult, Tools
from workers.stages.verification import challenge
from workers.stages.verification.proof import NO, YES, proven, restriction


async def take(message: Proof, request: Request, tools: Tools) -> Outcome:
    """Believe it or not; the answer says only yes or no."""
    assert message.assertion is not None, "the other way to prove is a code"
    if request.asserted is not None and request.asserted.id == message.proof_id:
        return Outcome(reply=YES)
    waits = request.status in {Status.RECEIVED, Status.AWAITING_PROOF}
    if not waits or request.asserted is not None or request.proof is not None:
        return NO
    try:
        said = tools.assertions.verify(message.assertion, tools.now)
    except AssertionRefused:
        return NO
    particulars = await tools.sealer.open(request)
    submission = particulars.submission
    if submission.requester.relation != "self" or said.digest != submission.public_digest():
        return NO
    found: dict[str, Any] = {}
    if request.status is Status.RECEIVED:
        found, _ = await challenge.match(request, particulars, tools)
        particulars = await tools.sealer.open(request.model_copy(update=found))
    if particulars.subject is None or not await _is_the_person(said, particulars.subject, tools):
        return NO
    clock = () if request.is_open("expiry") else (challenge.expiry(particulars, tools),)
    taken = _asserted(message.proof_id, said, request, tools, found=found, clock=clock)
    return Outcome(taken, reply=YES)


async def _is_the_person(said: Asserted, subject: SubjectRef, tools: Tools) -> bool:
    if said.subject_type != subject.type:
        return False
    if said.subject_is == "key":
        return said.subject == subject.key
    person = await tools.subjects.find({said.subject_is: said.subject})
    return person is not None and person.ref == subject


def _asserted(  # noqa: PLR0913 - what was said, and what is known besides
    proof_id: str,
    said: Asserted,
    request: Request,
    tools: Tools,
    *,
    found: dict[str, Any],
    clock: tuple[Opening, ...],
) -> Transition:
    record = ProofRecord(
        id=proof_id, route="assertion", number=0, at=tools.now, digest=request.digest
    )
    name = tools.tokens.digest(f"jti {len(said.issuer)} {said.issuer} {said.jti}".encode())
    return Transition(
        what="asserted",
        by="verification",
        to=Status.AWAITING_PROOF,
        changes={**found, "asserted": record, "jti": name},
        closes=("challenge",),
        opens=(Opening("assertion", tools.policy.step_timeout), *clock),
    )


async def restrict(request: Request, tools: Tools) -> Outcome:
    """Hide what is disputed, unless a code was quicker or nobody waits any more."""
    if request.status is not Status.AWAITING_PROOF or request.proof is not None:
        return _overtaken()
    assert request.asserted is not None, "this step follows an assertion"
    hidden = restriction(request, await tools.sealer.open(request), tools)
    if hidden is None:
        return proven(request.asserted, request, tools)
    return Outcome(effects=(hidden,))


def conclude(request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """Move on; somebody who was faster leaves nothing to do."""
    late = request.status is not Status.AWAITING_PROOF or request.proof is not None
    if late or request.asserted is None or result.outcome not in {"done", "already"}:
        return _overtaken()
    return proven(request.asserted, request, tools)


def _overtaken() -> Outcome:
    return Outcome(Transition("assertion_overtaken", "verification", closes=("assertion",)))
