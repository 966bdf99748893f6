"""What each mail says: facts and labels, never a value, never a requester's own text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.datamap import Label
from schemas.letters import (
    AcknowledgementFacts,
    AddressNoticeFacts,
    AlarmFacts,
    ChallengeFacts,
    CompletionFacts,
    ConfirmationFacts,
    CoolingFacts,
    DigestFacts,
    ExpiryFacts,
    FieldOutcome,
    InterimFacts,
    KeptOutcome,
    LetterFacts,
    RecipientOutcome,
    WithdrawalFacts,
)
from schemas.refusals import REFUSALS
from schemas.request import FieldResult, Request
from workers.ports import Tools, confirmation_code, waiting_token
from workers.stages.mailing.desk import desk_facts

TO_CONTACT = frozenset(
    {
        *("challenge", "cooling", "digest", "notice", "approval", "interim", "completion"),
        "withdrawal",
    }
)
"""Purposes that go to the contact on file only."""


def facts(  # noqa: PLR0911 - one for each purpose
    mail: str, request: Request, tools: Tools, answer: str = ""
) -> LetterFacts:
    """The facts of one mail; `challenge-2` is a mail of the purpose `challenge`.

    `answer` is what the desk wrote to somebody who asked.
    """
    purpose = mail.partition("-")[0]
    # An address that nobody has proven must not learn what kind of person was found.
    kind_of_person = request.subject_type if purpose in TO_CONTACT else None
    common: dict[str, Any] = {
        "tracking": request.tracking,
        "kind": request.kind,
        "channel": request.channel,
        "received_at": request.received_at,
        "fields": tuple(
            tools.datamap.field_named(name, kind_of_person).label
            for name in (request.granted if purpose == "cooling" else request.fields)
        ),
    }
    match purpose:
        case "acknowledgement" | "alarm":
            return _with_deadline(mail, request, tools, common)
        case "challenge":
            return ChallengeFacts(**common, **_challenge(mail, request, tools))
        case "cooling":
            assert request.begins_at is not None, "a deletion that cools off has its end"
            return CoolingFacts(
                **common, begins_at=request.begins_at, stop_link=_link("stop", request, tools)
            )
        case "digest":
            assert request.subject is not None, "somebody was found whom it is told"
            token = waiting_token(request.subject, request.mails[mail].created_at, tools)
            link = f"{tools.policy.public_url}/waiting/{request.tracking}/{token}"
            return DigestFacts(**common, codes=tools.policy.challenges_a_day, link=link)
        case "confirmation":
            return ConfirmationFacts(**common, **_confirmation(request, tools))
        case "notice":
            assert request.begins_at is not None, "a change that is announced has its time"
            link = _link("stop-change", request, tools, purpose="stop")
            return AddressNoticeFacts(**common, begins_at=request.begins_at, stop_link=link)
        case "expiry" | "withdrawal":
            return _closed(mail, request, common)
        case "interim":
            return InterimFacts(**common, **_what_was_done(mail, request, tools))
        case "completion":
            certificate = _link("certificate", request, tools) if request.certificate else None
            return CompletionFacts(
                **common, **_what_was_done(mail, request, tools), receipt_link=certificate
            )
    return desk_facts(mail, common, request, answer, _link("stop", request, tools))


def _closed(mail: str, request: Request, common: Mapping[str, Any]) -> LetterFacts:
    # The mail's own time, not the moment of sending: two copies must be identical.
    at = request.mails[mail].created_at
    if mail == "expiry":
        same = request.duplicate_of if request.challenge is None else None
        return ExpiryFacts(**common, expired_at=at, same_as=same)
    return WithdrawalFacts(**common, withdrawn_at=at, was_restricted=request.proof is not None)


def _with_deadline(
    mail: str, request: Request, tools: Tools, common: dict[str, Any]
) -> AcknowledgementFacts | AlarmFacts:
    """The deadline in the zone whose days count."""
    zone = tools.policy.clocks.named(request.profile).zone
    deadline = request.deadline.astimezone(zone)
    if mail == "acknowledgement":
        return AcknowledgementFacts(**common, deadline=deadline, same_as=request.duplicate_of)
    # Late when the alarm was raised, not when it is sent: two copies must be identical.
    late = request.mails[mail].created_at >= request.deadline
    return AlarmFacts(**common, deadline=deadline, late=late)


def _label(name: str, request: Request, tools: Tools) -> Label:
    return tools.datamap.field_named(name, request.subject_type).label


def _challenge(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    number = int(mail.partition("-")[2])
    assert request.challenge is not None, "a challenge mail has its challenge"
    return {
        "code": tools.tokens.code(request.id, number, request.digest),
        "link": _link("proof", request, tools, number),
        "not_me_link": _link("disown", request, tools, number),
        "ends_at": request.challenge.ends_at,
    }


def _confirmation(request: Request, tools: Tools) -> dict[str, Any]:
    confirmation = request.confirmation
    assert confirmation is not None, "a confirmation mail has its code"
    return {
        "code": confirmation_code(request, tools),
        "link": _link("confirm", request, tools, confirmation.number),
        "ends_at": confirmation.ends_at,
    }


def _link(
    page: str, request: Request, tools: Tools, number: int | None = None, purpose: str | None = None
) -> str:
    """Of the challenge with that number, or of the newest; `purpose` where it is not the page's."""
    token = tools.tokens.link(
        request.id, number or request.link_number, purpose or page, request.digest
    )
    return f"{tools.policy.public_url}/{page}/{request.tracking}/{token}"


def _what_was_done(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    return {
        "applied_at": request.applied_at,
        "outcomes": tuple(
            _outcome(_label(name, request, tools), result)
            for name, result in request.results.items()
        ),
        "recipients": tuple(
            RecipientOutcome(tools.datamap.recipients[name].label, status)
            for name, status in request.mails[mail].notices.items()
        ),
        "kept": _kept(request, tools),
    }


def _outcome(label: Label, result: FieldResult) -> FieldOutcome:
    if result.reason is None:
        return FieldOutcome(label, result.result)
    ground = REFUSALS[result.reason]
    return FieldOutcome(label, result.result, ground.reason, ground.legal_ground)


def _kept(request: Request, tools: Tools) -> tuple[KeptOutcome, ...]:
    """What a law keeps: once for each basis, until the last of it goes."""
    until: dict[str, datetime] = {}
    for kept in request.erasure.summary.kept if request.erasure else ():
        until[kept.basis] = max(until.get(kept.basis, kept.until), kept.until)
    bases = tools.datamap.retention_bases
    return tuple(KeptOutcome(bases[basis].law, end) for basis, end in until.items())
