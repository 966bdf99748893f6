"""After a restore from a backup: whether workers may start, and what has to be done before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas.errors import LedgerBehind, RestoreNotReplayed, Unreachable
from schemas.evidence import DestructionCertificate, ErasureSummary, Finding, Rescan, added
from schemas.lifecycle import Advance, Transition, advance
from schemas.request import SECOND_SCAN, Request
from workers.wiring import Parts

_TRIES = 20
"""How often a request may have moved on before its evidence is given up."""


@dataclass(slots=True)
class Report:
    """What a replay did, or would do. Requests by id; no personal data."""

    dry_run: bool = False
    restores: int = 0
    tombstones: int = 0
    found: int = 0
    """People of whom anything stood in the restored data."""
    deleted: list[str] = field(default_factory=list)
    living: list[str] = field(default_factory=list)
    nowhere: int = 0
    blocked: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    certified: list[str] = field(default_factory=list)
    uncertified: list[str] = field(default_factory=list)
    """Their request is not there, or has no certificate yet."""


async def check(parts: Parts) -> None:
    """`RestoreNotReplayed` where deleted people may be in the company's database again."""
    found = await parts.replay.compare()
    _refuse_without_ledger(parts, found.untold)
    if found.missing or found.unsettled or await _left_alone(parts, found.unfinished):
        raise RestoreNotReplayed(
            "The company's database was restored from a backup that is older than deletions:"
            " run `dsr restore replay`."
        )


async def replay(
    parts: Parts, *, everybody: bool, dry_run: bool, show: Callable[[int, int], None]
) -> Report:
    """Delete again what a restore brought back; may be cut off, and done again, at any time.

    With `everybody` also where the markers are there: not the whole database was restored.
    """
    found = await parts.replay.compare()
    _refuse_without_ledger(parts, found.untold)
    left_alone = await _left_alone(parts, found.unfinished)
    present = await parts.replay.present() if everybody else {}
    if dry_run:
        requests = found.missing | found.unsettled | left_alone
        count, people = await parts.replay.would_do(requests, present)
        restores = parts.tombstones.restores().count
        return Report(dry_run=True, restores=restores, tombstones=count, found=len(people))
    if found.missing or left_alone or present:
        await parts.replay.begin(found.missing, left_alone, present)
    report = Report(restores=parts.tombstones.restores().count)
    await _certify(parts, report)
    report.tombstones, people = await parts.replay.to_do()
    report.found = len(people)
    done = await parts.replay.erase(people, show)
    report.deleted, report.living, report.blocked = done.deleted, done.living, done.blocked
    await _certify(parts, report)
    report.nowhere = await parts.replay.end(done) - len(done.living)
    return report


async def tell_ledger(parts: Parts) -> int:
    """Write into the ledger what the markers know beyond it; how many lines that were."""
    return await parts.replay.tell((await parts.replay.compare()).untold)


def _refuse_without_ledger(parts: Parts, untold: frozenset[str]) -> None:
    if untold:
        raise LedgerBehind(
            f"{parts.settings.keys / 'tombstones'} lacks {len(untold)} deletions that the company's"
            " database knows of: restore it from the key folder's newest backup; if there is none,"
            " run `dsr restore ledger`."
        )


async def _left_alone(parts: Parts, unfinished: frozenset[str]) -> frozenset[str]:
    """Those that nobody goes on with: a copy was made in the middle of what is long finished."""
    names = {request: _owner(request) for request in unfinished}
    known = await parts.requests.load(names.values())
    ended = {
        request
        for request, owner in names.items()
        if owner in known and not known[owner].is_open("deletion" if request == owner else "rescan")
    }
    # Those that have been finished since they were looked at are none of these.
    still = await parts.markers.read(ended) if ended else {}
    return frozenset(request for request, marker in still.items() if not marker["done"])


async def _certify(parts: Parts, report: Report) -> None:
    """Revise the certificates of what was deleted again, then settle it."""
    while told := await parts.replay.done():
        summaries: dict[str, list[ErasureSummary]] = {}
        for request, summary in told.items():
            summaries.setdefault(_owner(request), []).append(summary)
        left = set(summaries)
        for _ in range(_TRIES):
            left = await _revise(parts, summaries, left, report)
            if not left:
                break
        else:
            raise Unreachable("Requests keep changing: stop the workers and run it again.")
        await parts.replay.settle(told)


async def _revise(
    parts: Parts, summaries: dict[str, list[ErasureSummary]], left: Iterable[str], report: Report
) -> set[str]:
    """One try; returns the requests that have moved on meanwhile."""
    known = await parts.requests.load(left)
    certified = [request for request in known.values() if request.certificate is not None]
    report.uncertified += sorted(set(left) - {request.id for request in certified})
    work = [_revision(parts, request, summaries[request.id]) for request in certified]
    fates = await parts.requests.commit(work)
    stands = {a.request.id for a, fate in zip(work, fates, strict=True) if fate.what == "stands"}
    report.certified += sorted(stands)
    return {request.id for request in certified} - stands


def _revision(parts: Parts, request: Request, summaries: Iterable[ErasureSummary]) -> Advance:
    tools = parts.house.tools_now()
    certificate = DestructionCertificate.model_validate(request.certificate)
    counts = certificate.counts
    for summary in summaries:
        counts = added(counts, summary.counts)
    revised = certificate.rescanned(Rescan(at=tools.now), counts=counts)
    changes = {"certificate": tools.evidence.sign(revised)}
    return advance(
        request, Transition("deleted_after_restore", "restore", changes=changes), tools.now
    )


def _owner(request: str) -> str:
    return request.removesuffix(SECOND_SCAN)
