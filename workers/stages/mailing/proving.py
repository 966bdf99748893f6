"""What is said until a request is proven beyond doubt, or is given up."""

from __future__ import annotations

from typing import Any

from schemas.bindings import viewed_by
from schemas.disputes import disputed
from schemas.letters import (
    AddressNoticeFacts,
    ChallengeFacts,
    ConfirmationFacts,
    CoolingFacts,
    DigestFacts,
    ExpiryFacts,
    GuardianFacts,
    LetterFacts,
    ViewingFacts,
    WithdrawalFacts,
)
from schemas.request import Request
from workers.ports import Tools, confirmation_code, stop_code, waiting_token
from workers.stages.common import lifetimes
from workers.stages.mailing.links import link_to

PROVING = frozenset(
    {
        *("challenge", "cooling", "guardian", "digest", "confirmation", "notice"),
        *("expiry", "withdrawal", "viewing"),
    }
)
"""The purposes of these mails."""


def proving_facts(  # noqa: PLR0911 - one for each purpose
    mail: str, common: dict[str, Any], request: Request, tools: Tools
) -> LetterFacts:
    """The facts of one mail; times are the mail's own: two copies must be identical."""
    at = request.mails[mail].created_at
    match mail.partition("-")[0]:
        case "challenge":
            return ChallengeFacts(**common, **_challenge(mail, request, tools))
        case "cooling":
            assert request.begins_at is not None, "a deletion that cools off has its end"
            stopping = stopping_facts(mail, request, tools)
            return CoolingFacts(**common, begins_at=request.begins_at, **stopping)
        case "guardian":
            return GuardianFacts(**common, proven_at=at)
        case "digest":
            assert request.subject is not None, "somebody was found whom it is told"
            token = waiting_token(request.subject, at, tools)
            link = f"{tools.policy.public_url}/waiting/{request.tracking}/{token}"
            return DigestFacts(**common, codes=tools.policy.challenges_a_day, link=link)
        case "confirmation":
            return ConfirmationFacts(**common, **_confirmation(request, tools))
        case "notice":
            assert request.begins_at is not None, "a change that is announced has its time"
            stopping = stopping_facts(mail, request, tools, page="stop-change")
            return AddressNoticeFacts(**common, begins_at=request.begins_at, **stopping)
        case "viewing":
            return ViewingFacts(**common, **_viewing(mail, request, tools))
        case "expiry":
            same = request.duplicate_of if request.challenge is None else None
            return ExpiryFacts(**common, expired_at=at, same_as=same)
    restricted = request.proof is not None and bool(disputed(request))
    return WithdrawalFacts(**common, withdrawn_at=at, was_restricted=restricted)


def stopping_facts(mail: str, request: Request, tools: Tools, page: str = "stop") -> dict[str, Any]:
    """How to stop what is about to be done; and for a second contact, how to have it done now."""
    number = int(mail.partition("-")[2])
    second = request.mails[mail].second
    return {
        "stop_link": link_to(page, request, tools, purpose="stop"),
        "stop_code": stop_code(request, tools),
        "go_on_link": link_to("go-on", request, tools, number) if second else None,
    }


def _challenge(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    number = int(mail.partition("-")[2])
    assert request.challenge is not None, "a challenge mail has its challenge"
    return {
        "code": tools.tokens.code(request.id, number, request.digest),
        "link": link_to("proof", request, tools, number),
        "not_me_link": link_to("disown", request, tools, number),
        "ends_at": request.challenge.ends_at,
        "by_reply": tools.policy.reads_replies,
    }


def _viewing(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    opened = request.mails[mail]
    return {
        "code": tools.tokens.code(request.id, int(mail.partition("-")[2]), viewed_by(request)),
        "link": f"{tools.policy.public_url}/status",
        "ends_at": opened.created_at + lifetimes.VIEWING,
    }


def _confirmation(request: Request, tools: Tools) -> dict[str, Any]:
    confirmation = request.confirmation
    assert confirmation is not None, "a confirmation mail has its code"
    return {
        "code": confirmation_code(request, tools),
        "link": link_to("confirm", request, tools, confirmation.number),
        "ends_at": confirmation.ends_at,
    }
