"""Mails as they were sent, and as a decision would have them sent; nothing that is shown proves.

A mail can be composed again from its request, since two copies are identical. Codes and links are
left out: whoever reads them here is not the person that they went to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from schemas.contacts import TO_DEPARTMENT, addressee
from schemas.errors import KeyGone, NotFound
from schemas.lifecycle import Status, advance
from schemas.masking import masked
from schemas.messages import Decide, Do
from schemas.request import Particulars, Request, RequestRecord
from schemas.review import Answer, Decision, Staff
from workers.emails import Letter
from workers.ports import SubjectResult, Tools
from workers.ports import Tokens as TokensPort
from workers.stages import completion, review
from workers.stages.mailing.facts import facts
from workers.wiring import Parts

NO_CODE, NO_LINK = "00000000", "hidden"
"""Of the form that a mail takes; shown as dots."""
DOTS = "••••••••"


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail, with its addressee by the first letter."""

    name: str
    route: str
    to: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would come to now."""

    status: Status
    deadline: datetime
    mails: tuple[Shown, ...]


class _NoSecrets:
    """Stands before the tokens: what proves something is not made at all."""

    def __init__(self, tokens: TokensPort) -> None:
        self._tokens = tokens

    def code(self, request_id: str, number: int, bound: str) -> str:  # noqa: ARG002 - the port's
        """None that proves anything."""
        return NO_CODE

    def link(self, request_id: str, number: int, purpose: str, bound: str) -> str:  # noqa: ARG002
        """None that leads anywhere."""
        return NO_LINK

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokens, name)


async def as_sent(parts: Parts, record: RequestRecord, name: str) -> Shown:
    """One mail of a request, without its codes, its links and what the desk answered in it."""
    if name not in record.mails:
        raise NotFound("no such mail")
    tools = _tools(parts)
    try:
        particulars = await tools.sealer.open(record)
    except KeyGone:
        raise NotFound("its person was deleted") from None
    return _shown(parts, record, name, particulars, DOTS)


async def preview(parts: Parts, record: RequestRecord, staff: Staff, decision: Decision) -> Preview:
    """Ask the stage itself what it would do, and do nothing; `Refused` says why it cannot be."""
    tools = _tools(parts)
    request = Request.model_validate(record.model_dump(by_alias=True))
    message = Decide(record.tracking, tools.tokens.new_id(), staff, decision)
    outcome = await review.handle(message, request, tools)
    if outcome.effects:
        done = tuple((effect, SubjectResult("done")) for effect in outcome.effects)
        outcome = review.conclude(message, request, done, tools)
    assert outcome.transition is not None, "a decision is a transition"
    after = advance(request, outcome.transition, tools.now).request
    if after.is_open("answered"):
        told = await completion.handle(Do(after.id, "answered"), after, tools)
        assert told.transition is not None, "an answer is mailed"
        after = advance(after, told.transition, tools.now).request
    particulars = await tools.sealer.open(request)
    answer = decision.text if isinstance(decision, Answer) else ""
    mails = tuple(
        _shown(parts, after, name, particulars, answer)
        for name in after.mails
        if name not in request.mails
    )
    return Preview(after.status, after.deadline, mails)


def _shown(
    parts: Parts, request: Request, name: str, particulars: Particulars, answer: str
) -> Shown:
    tools = _tools(parts)
    ours = name.partition("-")[0] in TO_DEPARTMENT
    to = None if ours else addressee(name, request, particulars, parts.datamap)
    language = tools.policy.default_language if ours else request.language
    letter = parts.composer.compose(facts(name, request, tools, answer), language)
    letter = replace(letter, text=letter.text.replace(NO_CODE, DOTS).replace(f"/{NO_LINK}", "/…"))
    address = parts.datamap.organisation.email if ours else masked(to.value) if to else ""
    return Shown(name, to.route if to else request.mails[name].route, str(address), letter)


def _tools(parts: Parts) -> Tools:
    tools = parts.house.tools_now()
    return replace(tools, tokens=_NoSecrets(tools.tokens))
