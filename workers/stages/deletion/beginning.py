"""Before anything is destroyed: who has to be told of it, and what they know the person by."""

from __future__ import annotations

from schemas.expired import given_up
from schemas.guardianship import stopped_by_age
from schemas.lifecycle import Opening, Transition
from schemas.notice import Notice
from schemas.request import Erasure, Request
from workers.ports import Outcome, Tools


async def begin(request: Request, tools: Tools) -> Outcome:
    """Plan the notices; from here on the deletion is on its way."""
    particulars = await tools.sealer.open(request)
    subject = particulars.subject
    assert subject is not None, "verified requests have a subject"
    if request.rule and not await tools.subjects.has_ended(subject, request.rule, tools.now):
        # Since the sweep the person has come back, or is gone: the rule says nothing any more.
        return Outcome(given_up("purpose_not_ended", "deletion"))
    if stopped := stopped_by_age(request, particulars, tools.now, "deletion"):
        return Outcome(stopped)
    received = await tools.subjects.recipients(
        subject, request.granted or tuple(tools.datamap.subjects[subject.type].fields)
    )
    known_as = await tools.subjects.known_as(subject, request.id) if received else {}
    told = particulars.model_copy(
        update={"known_as": {name: key for name, key in known_as.items() if name in received}}
    )
    notices = {
        name: Notice(id=tools.tokens.new_id(), fields=fields) for name, fields in received.items()
    }
    return Outcome(
        Transition(
            what="deletion_begun",
            by="deletion",
            changes={
                "erasure": Erasure(),
                "notices": notices,
                "notice_ids": tuple(notice.id for notice in notices.values()),
                "sealed": await tools.sealer.seal(request.id, told),
            },
            opens=(Opening("deletion", tools.policy.step_timeout),),
        )
    )
