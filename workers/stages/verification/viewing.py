"""Where a request stands, for whoever asked: by a fresh code to the address that it brought.

Whoever asked by phone or letter, without such an address, has a PIN instead that the desk has
told: it can be used again, and its fifth wrong try ends it. Neither proves anything else. What is
shown to whom is `schemas.progress`.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.actors import of_desk
from schemas.bindings import pinned_by, viewed_by
from schemas.contacts import of_requester
from schemas.errors import KeyGone
from schemas.lifecycle import Opening, Transition
from schemas.messages import AskViewing, GivePin, View
from schemas.request import Challenge, Request
from workers.ports import NOTHING, Outcome, Reply, Tools
from workers.stages.common import lifetimes
from workers.stages.verification.proof import NO, YES

DAY = timedelta(days=1)
PIN_LASTS = timedelta(days=180)
"""How long a PIN is good: longer than any legal time, extended."""


async def handle(message: AskViewing | View, request: Request | None, tools: Tools) -> Outcome:
    """A code is asked for, or typed in."""
    if isinstance(message, AskViewing):
        return await ask(message, request, tools)
    return show(message, request, tools)


async def ask(message: AskViewing, request: Request | None, tools: Tools) -> Outcome:
    """Have a code mailed, unless enough were today; nobody is called for it, or written to."""
    if request is None or await _is_without_mail(request, tools):
        return NOTHING
    today = [at for at in request.viewings if tools.now - at < DAY]
    if len(today) >= tools.policy.challenges_a_day:
        return NOTHING
    number = request.viewing.number + 1 if request.viewing else 1
    name = f"viewing-{number}"
    code = Challenge(number=number, issued_at=tools.now, ends_at=tools.now + lifetimes.VIEWING)
    return Outcome(
        Transition(
            what="viewing_code_sent",
            by="verification",
            changes={
                "viewing": code,
                "viewings": (*today, tools.now),
                "mails": {**request.mails, name: tools.mail(request.id, name)},
            },
            opens=(Opening(f"mail:{name}", tools.policy.step_timeout),),
        )
    )


async def give_pin(message: GivePin, request: Request | None, tools: Tools) -> Outcome:
    """A new PIN, which ends the one before; whoever gave an e-mail address needs none."""
    if request is None or not await _is_without_mail(request, tools):
        return NO
    number = request.pin.number + 1 if request.pin else 1
    pin = Challenge(number=number, issued_at=tools.now, ends_at=tools.now + PIN_LASTS)
    return Outcome(Transition("pin_given", of_desk(message.by), changes={"pin": pin}), reply=YES)


def show(message: View, request: Request | None, tools: Tools) -> Outcome:
    """A code is right once, a PIN each time; a wrong one counts, and the fifth ends it."""
    if request is None:
        return NO
    # Never both: only whoever gave no e-mail address has a PIN, and is sent no code.
    name = "viewing" if request.pin is None else "pin"
    code = request.viewing if request.pin is None else request.pin
    if code is None or code.dead or message.try_id in code.tries or tools.now > code.ends_at:
        return NO
    wrong = "viewing_code_wrong" if request.pin is None else "pin_wrong"
    bound = viewed_by(request) if request.pin is None else pinned_by(request)
    right = tools.tokens.matches(message.code, tools.tokens.code(request.id, code.number, bound))
    tried = code if right else code.tried(message.try_id)
    spent = (right and request.pin is None) or len(tried.tries) >= tools.policy.max_tries
    return Outcome(
        Transition(
            what="viewed" if right else wrong,
            by="verification",
            changes={name: tried.model_copy(update={"dead": spent})},
        ),
        reply=YES if right else Reply(accepted=False),
    )


async def _is_without_mail(request: Request, tools: Tools) -> bool:
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        return True
    to = of_requester(particulars.submission)
    return to is None or to.route != "mail"
