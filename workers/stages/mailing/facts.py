"""What each mail says: facts and labels, never a value, never a requester's own text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.bindings import lifted_by
from schemas.datamap import Label
from schemas.letters import (
    AcknowledgementFacts,
    AlarmFacts,
    CompletionFacts,
    DownloadFacts,
    EscalationFacts,
    FieldOutcome,
    FollowupFacts,
    InterimFacts,
    KeptOutcome,
    LetterFacts,
    LiftedFacts,
    LiftFacts,
    PackageFacts,
    RecipientOutcome,
)
from schemas.notice import MISSED
from schemas.refusals import REFUSALS
from schemas.request import FieldResult, Request
from workers.ports import Tools
from workers.stages.common import lifetimes
from workers.stages.mailing.desk import desk_facts
from workers.stages.mailing.links import link_to
from workers.stages.mailing.proving import PROVING, proving_facts, stopping_facts

FIRST = 1
"""The number of the code and link of a completion that lift a restriction."""
TO_CONTACT = frozenset(
    {
        *("challenge", "digest", "cooling", "notice", "approval", "guardian"),
        *("interim", "completion", "withdrawal", "download", "lift", "lifted", "followup"),
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
        "relation": request.relation,
        "fields": tuple(
            tools.datamap.label(request.kind, name, kind_of_person)
            for name in (request.granted if purpose == "cooling" else request.fields)
        ),
    }
    match purpose:
        case "escalation":
            return _escalation(mail, request, tools, common)
        case "followup":
            answered_at = request.mails[mail].created_at
            recipients = _recipients(mail, request, tools)
            return FollowupFacts(**common, answered_at=answered_at, recipients=recipients)
        case "acknowledgement" | "alarm":
            return _with_deadline(mail, request, tools, common)
        case _ if purpose in PROVING:
            return proving_facts(mail, common, request, tools)
        case "interim":
            return InterimFacts(**common, **_what_was_done(mail, request, tools))
        case "completion":
            return CompletionFacts(
                **common,
                **_what_was_done(mail, request, tools),
                receipt_link=_signed(request, tools),
                package=_package(request, tools),
                **_lifting(mail, request, tools),
            )
        case "download":
            return DownloadFacts(**common, **_download(mail, request, tools))
        case "lift":
            assert request.applied_at is not None, "what can be lifted stands"
            number = int(mail.partition("-")[2])
            return LiftFacts(
                **common,
                since=request.applied_at,
                code=tools.tokens.code(request.id, number, lifted_by(request)),
                link=link_to("lift", request, tools, number),
            )
        case "lifted":
            assert request.lifting is not None, "what is lifted says since when"
            told = (tools.datamap.recipients[name].label for name in request.mails[mail].notices)
            return LiftedFacts(**common, lifted_at=request.lifting.at, told=tuple(told))
    return desk_facts(mail, common, request, answer, lambda: stopping_facts(mail, request, tools))


def _with_deadline(
    mail: str, request: Request, tools: Tools, common: dict[str, Any]
) -> AcknowledgementFacts | AlarmFacts:
    """The deadline in the zone whose days count."""
    zone = tools.policy.clocks.named(request.profile).zone
    deadline = request.deadline.astimezone(zone)
    if mail == "acknowledgement":
        link = link_to("nothing-arrived", request, tools, 0)
        same = request.duplicate_of
        return AcknowledgementFacts(
            **common, deadline=deadline, nothing_arrived_link=link, same_as=same
        )
    # Late when the alarm was raised, not when it is sent: two copies must be identical.
    late = request.mails[mail].created_at >= request.deadline
    return AlarmFacts(**common, deadline=deadline, late=late)


def _signed(request: Request, tools: Tools) -> str | None:
    """Where the certificate is, or the receipt; links are derived from what has proven."""
    if not (request.challenge or request.asserted):
        return None
    if request.kind == "deletion":
        return link_to("certificate", request, tools) if request.certificate else None
    return link_to("receipt", request, tools)


def _label(name: str, request: Request, tools: Tools) -> Label:
    return tools.datamap.label(request.kind, name, request.subject_type)


def _download(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    assert request.package is not None, "a code is for a package"
    word = request.mails[mail]
    return {
        "code": tools.tokens.code(request.id, int(mail.partition("-")[2]), request.package.id),
        "link": link_to("package", request, tools),
        "not_me_link": link_to("disown", request, tools),
        # Its own time, not that of the newest code: two copies must be identical.
        "ends_at": word.created_at + lifetimes.of_download(word.route, tools.policy),
    }


def _package(request: Request, tools: Tools) -> PackageFacts | None:
    if request.package is None:
        return None
    return PackageFacts(
        link=link_to("package", request, tools),
        until=request.package.destroy_after,
        downloads=tools.policy.package_downloads,
        records=tuple((one.collection, one.records) for one in request.package.records),
    )


def _what_was_done(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    return {
        "applied_at": request.applied_at,
        "outcomes": tuple(
            _lifted(_label(name, request, tools))
            if _is_lifted(mail, request)
            else _outcome(_label(name, request, tools), result)
            for name, result in request.results.items()
        ),
        "recipients": _recipients(mail, request, tools),
        "kept": _kept(request, tools),
    }


def _recipients(mail: str, request: Request, tools: Tools) -> tuple[RecipientOutcome, ...]:
    return tuple(
        RecipientOutcome(tools.datamap.recipients[name].label, status)
        for name, status in request.mails[mail].notices.items()
    )


def _escalation(
    mail: str, request: Request, tools: Tools, common: dict[str, Any]
) -> EscalationFacts:
    name = mail.partition("-")[2]
    gone = request.notices[name].error in MISSED
    return EscalationFacts(
        **common, recipient=tools.datamap.recipients[name].label, name=name, gone=gone
    )


def _lifting(mail: str, request: Request, tools: Tools) -> dict[str, Any]:
    """How the person lifts a restriction that stands."""
    if request.kind != "restriction" or _is_lifted(mail, request):
        return {}
    code = tools.tokens.code(request.id, FIRST, lifted_by(request))
    return {"lift_link": link_to("lift", request, tools, FIRST), "lift_code": code}


def _is_lifted(mail: str, request: Request) -> bool:
    """Whether it was when the mail was opened: its copies must be identical."""
    lifting = request.lifting
    return lifting is not None and lifting.at <= request.mails[mail].created_at


def _lifted(label: Label) -> FieldOutcome:
    return FieldOutcome(label, "lifted")


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
