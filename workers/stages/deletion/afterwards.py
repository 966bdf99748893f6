"""After the deletion: the second scan, and the end of the keys in every backup."""

from __future__ import annotations

from schemas.evidence import DestructionCertificate, Rescan, added
from schemas.lifecycle import Opening, Transition
from schemas.request import SECOND_SCAN, Erasure, Request
from workers.ports import Erase, ErasureResult, Outcome, Tools
from workers.stages.deletion.erasing import BLOCKED_AGAIN, LOOK_FOR_EPOCH


async def look_again(request: Request, tools: Tools) -> Outcome:
    """What an application still wrote for the deleted person is deleted like the rest.

    A person who signed up again since then is somebody else.
    """
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None and request.subject
    return Outcome(
        effects=(
            Erase(
                request=f"{request.id}{SECOND_SCAN}",
                subject=particulars.subject,
                pseudonym=request.subject,
                fields=request.granted or None,
                checkpoint=request.second_scan.checkpoint if request.second_scan else None,
                before=request.applied_at,
            ),
        )
    )


def conclude(request: Request, result: ErasureResult, tools: Tools) -> Outcome:
    """The certificate says what was found; whatever is in the way is looked at again."""
    scan = Erasure(checkpoint=dict(result.checkpoint), summary=result.summary)
    if result.outcome in {"more", "blocked"}:
        blocked = result.outcome == "blocked"
        step = request.steps["rescan"]
        again = Opening(
            "rescan",
            BLOCKED_AGAIN if blocked else tools.policy.step_timeout,
            send=not blocked,
            attempts=step.attempts + blocked,
            error=result.summary.findings[0].why if blocked else None,
        )
        what = "second_scan_blocked" if blocked else "second_scan_in_part"
        return Outcome(Transition(what, "deletion", changes={"second_scan": scan}, opens=(again,)))
    certificate = _certificate(request).rescanned(
        Rescan(at=tools.now), counts=added(_certificate(request).counts, result.summary.counts)
    )
    return Outcome(
        Transition(
            what="second_scan_found" if result.summary.counts else "second_scan_clean",
            by="deletion",
            changes={
                "second_scan": scan,
                "certificate": tools.evidence.sign(certificate),
            },
            closes=("rescan",),
        )
    )


async def shred(request: Request, tools: Tools) -> Outcome:
    """Once the epoch is destroyed that wrapped the person's keys, no backup opens any more."""
    certificate = _certificate(request)
    if not await tools.evidence.is_destroyed(certificate.key_epoch):
        later = Opening("shredding", LOOK_FOR_EPOCH, send=False)
        return Outcome(Transition("not_shredded_yet", "deletion", opens=(later,)))
    return Outcome(
        Transition(
            what="shredded",
            by="deletion",
            changes={"certificate": tools.evidence.sign(certificate.shredded(tools.now))},
            closes=("shredding",),
        )
    )


def _certificate(request: Request) -> DestructionCertificate:
    assert request.certificate is not None, "a deletion that was done has its certificate"
    return DestructionCertificate.model_validate(request.certificate)
