"""What each mail says: facts and labels, never a value, never a requester's own text."""

from __future__ import annotations

from typing import Any

from schemas.datamap import Label
from schemas.letters import (
    AcknowledgementFacts,
    ChallengeFacts,
    CompletionFacts,
    ExpiryFacts,
    FieldOutcome,
    InterimFacts,
    LetterFacts,
    RecipientOutcome,
)
from schemas.request import Request
from workers.ports import Tools

TO_CONTACT = frozenset({"challenge", "interim", "completion"})
"""Purposes that go to the contact on file only."""


def facts(mail: str, request: Request, tools: Tools) -> LetterFacts:
    """The facts of one mail; `challenge-2` is a mail of the purpose `challenge`."""
    purpose = mail.partition("-")[0]
    # An address that nobody has proven must not learn what kind of person was found.
    kind_of_person = request.subject_type if purpose in TO_CONTACT else None
    common: dict[str, Any] = {
        "tracking": request.tracking,
        "kind": request.kind,
        "channel": request.channel,
        "received_at": request.received_at,
        "fields": tuple(
            tools.datamap.field_named(name, kind_of_person).label for name in request.fields
        ),
    }
    match purpose:
        case "acknowledgement":
            return AcknowledgementFacts(**common, deadline=request.deadline)
        case "challenge":
            return ChallengeFacts(**common, **_challenge(mail, request, tools))
        case "expiry":
            # The challenge's own time, not the moment of sending: two copies must be identical.
            return ExpiryFacts(**common, expired_at=request.mails[mail].created_at)
        case "interim":
            return InterimFacts(**common, **_what_was_done(mail, request, tools))
        case "completion":
            return CompletionFacts(**common, **_what_was_done(mail, request, tools))
    raise AssertionError(f"no such mail: {mail}")


def _label(name: str, request: Request, tools: Tools) -> Label:
    return tools.datamap.field_named(name, request.subject_type).label


def _challenge(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    number = int(mail.partition("-")[2])
    assert request.challenge is not None, "a challenge mail has its challenge"

    def link(purpose: str) -> str:
        token = tools.tokens.link(request.id, number, purpose, request.digest)
        return f"{tools.policy.public_url}/{purpose}/{request.tracking}/{token}"

    return {
        "code": tools.tokens.code(request.id, number, request.digest),
        "link": link("proof"),
        "not_me_link": link("disown"),
        "ends_at": request.challenge.ends_at,
    }


def _what_was_done(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    return {
        "applied_at": request.applied_at,
        "outcomes": tuple(
            FieldOutcome(_label(name, request, tools), result.result)
            for name, result in request.results.items()
        ),
        "recipients": tuple(
            RecipientOutcome(tools.datamap.recipients[name].label, status)
            for name, status in request.mails[mail].notices.items()
        ),
    }
