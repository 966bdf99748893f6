"""A change of the address that mail goes to: whoever holds it could prove anything later.

1. The proof came from the contact on file, or by a login. A contact that is young proves no such
   change alone (security rule 3): a person decides, unless a login is the second factor.
2. `begin`: a code and a link go to the *new* address. The mail says nothing about an account, and
   whoever cannot read it lets the request lapse with the time to prove.
3. `confirm`: right, and the old addresses hear of it, with a way to stop it, for as long as a
   deletion cools off. An address that another member holds is confirmed like any other, but is
   never taken over: the request lapses, and names nobody.
   What a person at the desk has approved is confirmed as well, since a typed address may be
   another person's: unconfirmed, it comes back to the desk. Of several new addresses at once, of
   which the desk has seen evidence, nobody confirms any.
4. `settle`: when nobody has stopped it, the correction is applied like any other.

Five wrong codes kill the code, not the link: nobody guesses 128 bits, and a stranger who knows the
tracking code must not be able to stop a person.
"""

from __future__ import annotations

from typing import Any

from schemas.errors import PutOff
from schemas.lifecycle import Opening, Status, Transition
from schemas.new_address import new_addresses, wanted
from schemas.request import Challenge, Particulars, ProofRecord, Request
from schemas.review import Why, at_desk
from schemas.submission import Proof
from workers.ports import Outcome, Reply, Tools, confirmation_code
from workers.stages.verification.challenge import DAY, expiry, window
from workers.stages.verification.cooling import announcements, hold, is_young
from workers.stages.verification.proof import NO, YES

STEP = "new_address"


async def handle(request: Request, tools: Tools) -> Outcome:
    """Begin once the request is proven; settle once nobody has stopped it."""
    if request.status is Status.VERIFIED:
        if request.begins_at is not None:
            return await _settle(request, tools)
        particulars = await tools.sealer.open(request)
        if not wanted(particulars, tools.datamap):
            return Outcome(_go_on(request, tools))
        if len(new_addresses(particulars, tools.datamap)) == 1:
            return await _ask(request, particulars, tools)
        return Outcome(_announce({}, request, particulars, tools))
    if request.status is not Status.AWAITING_PROOF or request.proof is None:
        return Outcome(Transition("address_overtaken", "verification", closes=(STEP,)))
    return await _begin(request, await tools.sealer.open(request), tools)


async def _begin(request: Request, particulars: Particulars, tools: Tools) -> Outcome:
    assert request.proof is not None, "this step follows a proof"
    if not wanted(particulars, tools.datamap):
        # What was typed is what stands there: nobody's mail goes anywhere else.
        return Outcome(_go_on(request, tools))
    new = new_addresses(particulars, tools.datamap)
    if request.proof.route != "assertion" and is_young(particulars.contact, tools):
        return Outcome(_to_a_person(request, Why.YOUNG_CONTACT, tools))
    if len(new) > 1:
        return Outcome(_to_a_person(request, Why.EVIDENCE_FIELD, tools))
    if not new:
        return Outcome(_announce({}, request, particulars, tools))
    return await _ask(request, particulars, tools)


async def _ask(request: Request, particulars: Particulars, tools: Tools) -> Outcome:
    """Have the one new address confirmed by whoever reads it."""
    assert request.subject is not None, "who proved was found"
    sent = await tools.requests.confirmations_since(request.subject, tools.now - DAY)
    if sent >= tools.policy.challenges_a_day:
        # A member must not have us write to one stranger after the other.
        tomorrow = Opening(STEP, DAY, send=False)
        return Outcome(Transition("confirmation_put_off", "verification", opens=(tomorrow,)))
    number = request.confirmation.number + 1 if request.confirmation else 1
    confirmation = Challenge(
        number=number, issued_at=tools.now, ends_at=tools.now + window(particulars, tools)
    )
    name = "confirmation" if number == 1 else f"confirmation-{number}"
    return Outcome(
        Transition(
            what="confirmation_due",
            by="verification",
            changes={
                "confirmation": confirmation,
                "confirmations": (*request.confirmations, tools.now),
                "confirmed": None,
                "mails": {**request.mails, name: tools.mail(request.id, name)},
            },
            closes=(STEP,),
            opens=(
                Opening(f"mail:{name}", tools.policy.step_timeout),
                expiry(particulars, tools),
            ),
        )
    )


def _go_on(request: Request, tools: Tools) -> Transition:
    return Transition(
        what="address_unchanged",
        by="verification",
        to=_verified(request),
        closes=(STEP, "expiry"),
        opens=(Opening("correction", tools.policy.step_timeout),),
    )


def _verified(request: Request) -> Status | None:
    return None if request.status is Status.VERIFIED else Status.VERIFIED


def _to_a_person(request: Request, why: Why, tools: Tools) -> Transition:
    return Transition(
        what="review_due",
        by="verification",
        to=Status.IN_REVIEW,
        changes={"review": at_desk(request.review, (why,), tools.now)},
        closes=(STEP, "expiry"),
    )


async def confirm(message: Proof, request: Request, tools: Tools) -> Outcome:
    """Whoever reads the new address says that it is his; the answer says only yes or no."""
    confirmation = request.confirmation
    assert request.proof is not None, "what is proven is asked for first"
    if request.proof.id == message.proof_id:
        return Outcome(reply=YES)
    if confirmation is None or request.confirmed is not None or message.code is None:
        return NO
    if message.proof_id in confirmation.tries:
        return NO
    if not _is_right(message.code, confirmation, request, tools):
        return _wrong(message.proof_id, confirmation, tools)
    record = ProofRecord(
        id=message.proof_id,
        route=message.channel,
        number=confirmation.number,
        at=tools.now,
        digest=request.digest,
    )
    particulars = await tools.sealer.open(request)
    if await _is_taken(particulars, tools):
        # Told to nobody: it ends like one that was never confirmed.
        taken = Transition("address_taken", "verification", changes={"confirmed": record})
        return Outcome(taken, reply=YES)
    return Outcome(_announce({"confirmed": record}, request, particulars, tools), reply=YES)


def _is_right(given: str, confirmation: Challenge, request: Request, tools: Tools) -> bool:
    if tools.now > confirmation.ends_at + tools.policy.grace:
        return False
    link = tools.tokens.link(request.id, confirmation.number, "confirm", request.digest)
    code = confirmation_code(request, tools)
    by_code = tools.tokens.matches(given, code) and not confirmation.dead
    return tools.tokens.matches(given, link) or by_code


def _wrong(proof_id: str, confirmation: Challenge, tools: Tools) -> Outcome:
    if confirmation.dead:
        return NO
    tried = confirmation.tried(proof_id)
    if len(tried.tries) >= tools.policy.max_tries:
        tried = tried.model_copy(update={"dead": True})
    wrong = Transition("confirmation_wrong", "verification", changes={"confirmation": tried})
    return Outcome(wrong, reply=Reply(accepted=False))


async def _is_taken(particulars: Particulars, tools: Tools) -> bool:
    """Whether another person of the same type is found by one of the new addresses."""
    subject = particulars.subject
    assert subject is not None, "who proved was found"
    new = new_addresses(particulars, tools.datamap)
    for name in wanted(particulars, tools.datamap):
        field = tools.datamap.field(subject.type, name)
        assert field is not None, "it was found among the fields"
        for address in new if field.lookup else ():
            assert field.lookup is not None
            if await tools.subjects.is_held({field.lookup.by: address}, subject):
                return True
    return False


def _announce(
    changes: dict[str, Any], request: Request, particulars: Particulars, tools: Tools
) -> Transition:
    """Proven on both sides: the old addresses hear of it, and can stop it until then."""
    wait = hold(particulars.contact, request, tools)
    mails, opens = announcements("notice", request, particulars, tools)
    return Transition(
        what="address_announced",
        by="verification",
        to=_verified(request),
        changes={**changes, "mails": mails, "begins_at": tools.now + wait},
        closes=(STEP, "expiry"),
        opens=(Opening(STEP, wait or tools.policy.step_timeout, send=not wait), *opens),
    )


async def _settle(request: Request, tools: Tools) -> Outcome:
    """Somebody may have signed up with it meanwhile: then a person has to look, alarm by alarm."""
    if await _is_taken(await tools.sealer.open(request), tools):
        raise PutOff("address_taken")
    return Outcome(
        Transition(
            what="address_settled",
            by="verification",
            closes=(STEP,),
            opens=(Opening("correction", tools.policy.step_timeout),),
        )
    )
