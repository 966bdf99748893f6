"""Registration: every submission becomes exactly one request, or is refused with reasons.

The request is sealed under a key of its own, its statutory clock runs from when the person asked,
and the acknowledgement is on its way. The same submission again gets the same answer.
"""

from __future__ import annotations

from typing import Any

from schemas.contacts import of_requester
from schemas.deadlines import deadline, first_alarm, target
from schemas.errors import Reason, Refused, ValueRefused
from schemas.lifecycle import Opening, Transition
from schemas.messages import Message
from schemas.request import Mail, Particulars, Request
from schemas.submission import Submission
from schemas.values import check
from workers.ports import Outcome, Reply, Tools
from workers.stages.common.arrival import DAY, arrived

LANGUAGES = ("ko", "en")


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Register the submission once."""
    assert isinstance(message, Submission)
    digest = tools.tokens.digest(message.canonical())
    if request is not None:
        return _again(request, digest)
    values = _canonical_values(message, tools)
    return await _register(message, digest, values, tools)


def _again(request: Request, digest: str) -> Outcome:
    if request.digest != digest:
        raise Refused(Reason("$.submission_id", "other_content_under_this_id"))
    return Outcome(reply=Reply(accepted=True, tracking=request.tracking))


def _canonical_values(submission: Submission, tools: Tools) -> dict[str, Any]:
    values: dict[str, Any] = {}
    unknown = "unknown_purpose" if submission.kind == "objection" else "unknown_field"
    reasons = [
        Reason(f"$.fields.{number}", unknown)
        for number, name in enumerate(submission.fields)
        if not any(tools.datamap.has(submission.kind, of, name) for of in tools.datamap.subjects)
    ]
    for number, change in enumerate(submission.changes):
        if not tools.datamap.knows(change.field):
            reasons.append(Reason(f"$.changes.{number}.field", "unknown_field"))
            continue
        field = tools.datamap.field_named(change.field)
        if field.correctable == "no":
            reasons.append(Reason(f"$.changes.{number}.field", "not_correctable"))
            continue
        try:
            values[change.field] = check(field.value, change.value)
        except ValueRefused as refused:
            reasons.append(Reason(f"$.changes.{number}.value", refused.code))
    if reasons:
        raise Refused(*reasons)
    return values


async def _register(
    submission: Submission, digest: str, values: dict[str, Any], tools: Tools
) -> Outcome:
    now, timeout = tools.now, tools.policy.step_timeout
    # A channel whose clock is fast does not give us more time than the law does.
    asked = min(submission.clock_starts, now)
    request_id = submission.submission_id
    arrival = await arrived(submission, tools)
    known = submission.language if submission.language in LANGUAGES else None
    language = known or tools.policy.default_language
    clocks = tools.policy.clocks
    profile = clocks.chosen(language)
    until = deadline(asked, profile)
    request = Request.model_validate(
        {
            "_id": request_id,
            "version": 0,
            "tracking": tools.tokens.tracking(),
            "kind": submission.kind,
            "channel": submission.channel,
            "relation": submission.requester.relation,
            "language": language,
            "digest": digest,
            **arrival,
            "fields": tuple(values) or submission.fields,
            "sealed": await tools.sealer.seal(
                request_id, Particulars(submission=submission, values=values)
            ),
            "received_at": asked,
            "deadline": until,
            "profile": profile.name,
            "target": target(asked, until, clocks.target_share),
            "created_at": now,
            "updated_at": now,
        }
    )
    opens = [
        Opening("inquiry" if submission.kind == "inquiry" else "challenge", timeout),
        Opening("deadline", first_alarm(asked, until, now), send=False),
    ]
    mails: dict[str, Mail] = {}
    if _is_answered(submission):
        mails["acknowledgement"] = tools.mail(request_id, "acknowledgement")
        late = arrival["loud"]
        opens.append(Opening("mail:acknowledgement", DAY if late else timeout, send=not late))
    return Outcome(
        create=request,
        transition=Transition(
            what="registered",
            by="registration",
            changes={"mails": mails},
            opens=tuple(opens),
            events=("request.received",),
        ),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


def _is_answered(submission: Submission) -> bool:
    """Whoever calls hears the tracking code in the call itself."""
    to = of_requester(submission)
    return to is not None and to.route != "call"
