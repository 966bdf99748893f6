"""Who is told what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.errors import PutOff
from schemas.notice import Notice, NoticeKind, NoticeStatus
from schemas.request import Request, SubjectRef
from workers.ports import Tools


async def received(
    request: Request, subject: SubjectRef, tools: Tools
) -> Mapping[str, tuple[str, ...]]:
    """Per recipient what it is told of: fields that it received, or purposes on which it acts."""
    declared = tools.datamap.subjects[subject.type]
    everything = tuple(declared.fields)
    match request.kind:
        case "restriction":
            return await tools.subjects.recipients(subject, request.granted or everything)
        case "objection":
            known = await tools.subjects.recipients(subject, everything)
            acts_on = {
                recipient: tuple(
                    name
                    for name, result in request.results.items()
                    if result.result != "refused"
                    and recipient in declared.purposes[name].recipients
                )
                for recipient in known
            }
            return {recipient: names for recipient, names in acts_on.items() if names}
    changed = (name for name, result in request.results.items() if result.result == "corrected")
    return await tools.subjects.recipients(subject, tuple(changed))


def lifted(request: Request, tools: Tools) -> tuple[dict[str, Notice], dict[str, Any]]:
    """The notices that a restriction is lifted, and the first time where those before them go.

    Not while one of those is on its way: its end would be taken for that of the newer one.
    """
    assert request.lifting is not None, "what is lifted says since when"
    if request.lifting.told_before is not None:
        return pending(request.notices), {}
    if request.sending or request.is_open("propagation"):
        raise PutOff("notice_under_way")
    fresh = {
        name: Notice(id=tools.tokens.new_id(), fields=notice.fields)
        for name, notice in request.notices.items()
    }
    lifting = request.lifting.model_copy(update={"told_before": request.notices})
    return fresh, {"lifting": lifting}


def about(request: Request, step: str) -> NoticeKind:
    """What a notice of this request is about, at that step."""
    is_lifted = request.lifting is not None and request.lifting.told_before is not None
    if step == "lifting" or is_lifted:
        return "restriction_lifted"
    match request.kind:
        case "deletion" | "restriction" | "objection":
            return request.kind
    return "correction"


def plan(
    request: Request, received: Mapping[str, tuple[str, ...]], tools: Tools
) -> dict[str, Notice]:
    """The notices of this request that have not gone out yet: new ones, or marked by a crash."""
    planned = {
        name: request.notices.get(name) or Notice(id=tools.tokens.new_id(), fields=fields)
        for name, fields in received.items()
    }
    return pending(planned)


def pending(notices: Mapping[str, Notice]) -> dict[str, Notice]:
    """Those that wait to be told."""
    return {n: notice for n, notice in notices.items() if notice.status is NoticeStatus.PENDING}
