"""Verification: nothing is touched before the person on file has said so.

1. `challenge`: a one-time code and link go to the contact that was on file when the request came
   in, never to an address that the request brought. Nobody found looks the same from outside.
   A guardian's goes to the guardian on the child's record. Without an address somebody calls the
   number on file, or posts a letter.
   `flood`: beyond so many a day one mail says that more wait, and how to have the own one sent.
2. `proof`: compared in constant time, five tries a challenge, each proof id counted once. The fifth
   wrong one kills that code only. A right one restricts the disputed fields, then moves on.
   `assertion`: instead of a code, what a login has signed about who is there.
3. `cooling`: what cannot be undone waits for a while, and everybody on file hears of it and can
   stop it. `seconding`: a second contact on file that says yes ends the wait.
   `new_address`: a new mail address is confirmed first, and the old one is told in the same way.
4. `lifting`: the person lifts a restriction, by the link of its completion or a channel's code.
5. `closing`: expiry, withdrawal, "nothing arrived". They claim the slot in the subject's control
   document, so that a proof that comes too late restricts nothing for ever.
6. `disowning`: "this wasn't me", said of a request, or of the package that it came to.
7. `viewing`: whoever asked sees where the request stands, by a code to the address it brought, or
   by a PIN.

Not guaranteed: that a mailbox is read by the person alone. So fields that need evidence go to a
person (`in_review`), proven or not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from schemas.actors import of_desk
from schemas.lifecycle import Status
from schemas.messages import (
    AskViewing,
    Confirmed,
    Disown,
    Do,
    GivePin,
    GoOn,
    Lift,
    Message,
    NothingArrived,
    SendLift,
    Stop,
    Stopped,
    Summon,
    View,
)
from schemas.new_address import awaits_confirmation
from schemas.request import Request
from schemas.submission import Proof, Withdrawal
from workers.ports import Done, Outcome, Resume, SubjectResult, Tools
from workers.stages.verification import (
    assertion,
    challenge,
    closing,
    cooling,
    disowning,
    flood,
    lifting,
    new_address,
    proof,
    seconding,
    viewing,
)


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Decide on a challenge, a proof, a withdrawal, or a clock that ran out."""
    match message:
        case Proof():
            return await _prove(message, request, tools)
        case Withdrawal():
            stands = request is not None and lifting.stands(request)
            take_back = lifting.take_back if stands else closing.withdraw
            return await take_back(message, request, tools)
        case Do():
            assert request is not None, "a command names a request that exists"
            return await COMMANDS[message.step](request, tools)
        case NothingArrived() | SendLift() | Stopped() | Confirmed() | GivePin():
            return await _reported(message, request, tools)
        case AskViewing() | View():
            return await viewing.handle(message, request, tools)
    assert isinstance(message, Stop | GoOn | Lift | Summon | Disown), "nothing else comes here"
    return await _followed(message, request, tools)


async def _reported(
    message: NothingArrived | SendLift | Stopped | Confirmed | GivePin,
    request: Request | None,
    tools: Tools,
) -> Outcome:
    """What somebody told the desk."""
    match message:
        case NothingArrived():
            return closing.nothing_arrived(message, request, tools)
        case SendLift():
            return await lifting.send(message, request, tools)
        case GivePin():
            return await viewing.give_pin(message, request, tools)
        case Stopped():
            return await cooling.stop_by_call(message, request, tools)
    if request is not None and request.status is Status.VERIFIED:
        return await seconding.confirm(message, request, tools)
    return await proof.confirm(message, request, tools)


async def _followed(
    message: Stop | GoOn | Lift | Summon | Disown, request: Request | None, tools: Tools
) -> Outcome:
    """The button behind a link in a mail."""
    match message:
        case Stop():
            return await cooling.stop(message, request, tools)
        case GoOn():
            return seconding.go_on(message, request, tools)
        case Lift():
            return await lifting.lift(message, request, tools)
        case Summon():
            return flood.summon(message, request, tools)
    return disowning.disown(message, request, tools)


async def _prove(message: Proof, request: Request | None, tools: Tools) -> Outcome:
    """Which of the ways to prove it is, and to what end."""
    if request is None:
        return proof.NO
    if request.confirmed is not None and request.confirmed.id == message.proof_id:
        return Outcome(reply=proof.YES)
    if awaits_confirmation(request):
        return await new_address.confirm(message, request, tools)
    if message.assertion is not None:
        return await assertion.take(message, request, tools)
    return await proof.check(message, request, tools)


COMMANDS: Mapping[str, Callable[[Request, Tools], Awaitable[Outcome]]] = {
    "challenge": challenge.issue,
    "assertion": assertion.restrict,
    "cooling_off": cooling.announce,
    "new_address": new_address.handle,
    "expiry": closing.expire,
    "release": closing.release,
}


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Decide by what the subject's control document answered."""
    ((effect, result),) = done
    assert isinstance(result, SubjectResult)
    if isinstance(effect, Resume):
        return lifting.conclude(request, result, tools)
    match message:
        case Proof() | Confirmed():
            return proof.conclude(message, request, result, tools)
        case Withdrawal() | Stop():
            return closing.conclude_withdrawal(request, result, tools)
        case Stopped():
            return closing.conclude_withdrawal(request, result, tools, by=of_desk(message.by))
        case Do(step="assertion"):
            return assertion.conclude(request, result, tools)
    return closing.conclude_release(request)
