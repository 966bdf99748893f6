"""The deletion itself, call by call, until nothing is left or something is in the way."""

from __future__ import annotations

from datetime import timedelta

from schemas.destruction import Destroyed, certificate_of
from schemas.evidence import DestructionCertificate, ErasureSummary
from schemas.expired import given_up
from schemas.lifecycle import Opening, Status, Transition
from schemas.request import Erasure, FieldResult, Request, refused_results
from schemas.returning import subject_gone
from workers.ports import Erase, ErasureResult, Outcome, Tools

BLOCKED_AGAIN = timedelta(hours=1)
"""How often a deletion that something stands in the way of is tried again; the desk sees it."""

LOOK_FOR_EPOCH = timedelta(days=30)
"""A rollover of the keys tells by itself; this is for the case that it could not."""


async def erase(request: Request, tools: Tools) -> Outcome:
    """Declare the next part."""
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None and request.subject and request.erasure
    return Outcome(
        effects=(
            Erase(
                request=request.id,
                subject=particulars.subject,
                pseudonym=request.subject,
                fields=request.granted or None,
                checkpoint=request.erasure.checkpoint,
            ),
        )
    )


def conclude(request: Request, result: ErasureResult, tools: Tools) -> Outcome:
    """What one call came to; the counts stand in the timeline."""
    if result.outcome == "gone":
        if request.rule:
            return Outcome(given_up("subject_gone", "deletion"))
        # Somebody stopped it and died before saying so, or nobody is there: nothing to certify.
        return Outcome(subject_gone(request, "deletion", tools.now))
    erasure = Erasure(checkpoint=dict(result.checkpoint), summary=result.summary)
    if result.outcome == "more":
        again = Opening("deletion", tools.policy.step_timeout)
        return Outcome(
            Transition(
                f"deleted_in_part:{result.checkpoint['step']}",
                "deletion",
                changes={"erasure": erasure},
                opens=(again,),
            )
        )
    if result.outcome == "blocked":
        return Outcome(_blocked(request, erasure, "deletion"))
    return Outcome(_done(request, erasure, tools))


def _blocked(request: Request, erasure: Erasure, name: str) -> Transition:
    step = request.steps[name]
    return Transition(
        what="deletion_blocked",
        by="deletion",
        changes={"erasure": erasure},
        opens=(
            Opening(
                name,
                BLOCKED_AGAIN,
                send=False,
                attempts=step.attempts + 1,
                error=erasure.summary.findings[0].why,
            ),
        ),
    )


def _done(request: Request, erasure: Erasure, tools: Tools) -> Transition:
    policy, timeout = tools.policy, tools.policy.step_timeout
    return Transition(
        what="deleted",
        by="deletion",
        to=Status.APPLIED,
        changes={
            "applied_at": tools.now,
            "erasure": erasure,
            "results": {
                **{name: FieldResult(result="deleted") for name in request.granted},
                **refused_results(request),
            },
            "certificate": tools.evidence.sign(_certificate(request, erasure.summary, tools)),
        },
        closes=("deletion",),
        opens=(
            Opening("propagation", timeout),
            Opening("interim", policy.interim_after, send=False),
            Opening("rescan", policy.second_scan, send=False),
            Opening("shredding", LOOK_FOR_EPOCH, send=False),
        ),
        # Where nobody asked nothing was restricted.
        events=() if request.rule else ("restriction.lifted",),
    )


def _certificate(request: Request, summary: ErasureSummary, tools: Tools) -> DestructionCertificate:
    assert request.subject and request.subject_type, "verified requests have a subject"
    return certificate_of(
        Destroyed(
            id=request.id,
            tracking=request.tracking,
            subject=request.subject,
            subject_type=request.subject_type,
            fields=request.granted,
        ),
        summary,
        tools.datamap,
        version=tools.evidence.datamap,
        key_epoch=tools.evidence.current_epoch(),
        at=tools.now,
    )
