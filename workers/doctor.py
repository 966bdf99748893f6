"""What `dsr doctor` looks at, one check after the other; none of them changes anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from schemas.errors import DsrError
from workers.adapters import probes
from workers.adapters.intake_seal import IntakeKeys
from workers.adapters.vault import KeyFolder
from workers.runtime.topology import topology
from workers.settings import Settings
from workers.wiring import read_datamap


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fatal`: without it workers cannot do their work."""

    what: str
    ok: bool
    detail: str
    advice: str = ""
    fatal: bool = True


async def examine(settings: Settings) -> list[Finding]:
    """Every check; one that fails never hides the others."""
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[list[Finding]]]], ...] = (
        ("data map", _datamap),
        ("keys", _keys),
        ("RabbitMQ", _broker),
        ("MongoDB", _mongo),
        ("company database", _subject_db),
        ("mail server", _mail),
    )
    findings: list[Finding] = []
    for what, check in checks:
        try:
            findings += await check(settings)
        except DsrError as error:
            findings.append(Finding(what, ok=False, detail=str(error)))
    return findings


async def _datamap(settings: Settings) -> list[Finding]:
    datamap = read_datamap(settings)
    count = sum(len(subject.fields) for subject in datamap.subjects.values())
    return [Finding("data map", ok=True, detail=f"{settings.data_map}, {count} fields")]


async def _keys(settings: Settings) -> list[Finding]:
    epoch = KeyFolder.open(settings.keys).current_epoch
    IntakeKeys.open(settings.keys / "intake")
    return [Finding("keys", ok=True, detail=f"{settings.keys}, epoch {epoch}")]


async def _broker(settings: Settings) -> list[Finding]:
    seen = await probes.broker(settings.amqp_url, [queue.name for queue in topology().queues])
    findings = [Finding("RabbitMQ", ok=True, detail=f"version {seen.version}")]
    findings += [
        Finding("RabbitMQ", ok=False, detail=f"queue {name} is missing", advice="run `dsr init`")
        for name in seen.missing
    ]
    findings += [
        Finding(
            "RabbitMQ",
            ok=False,
            fatal=False,
            detail=f"{count} messages wait in {name} and nobody consumes them",
            advice="start `dsr worker`, or look at its log",
        )
        for name, count in seen.unattended.items()
    ]
    return findings


async def _mongo(settings: Settings) -> list[Finding]:
    return _mongo_findings("MongoDB", await probes.mongo(settings.mongo_url, settings.db))


async def _subject_db(settings: Settings) -> list[Finding]:
    seen = await probes.mongo(settings.subject_server, settings.subject_db)
    findings = _mongo_findings("company database", seen)
    findings += [
        Finding(
            "company database",
            ok=False,
            fatal=False,
            detail=f"the database user {user} reads the base collections past the views",
            advice="give it `find` on the `_usable` views alone",
        )
        for user in seen.readers_past_views
    ]
    return findings


def _mongo_findings(what: str, seen: probes.MongoSeen) -> list[Finding]:
    findings = [Finding(what, ok=True, detail=f"version {seen.version}")]
    if not seen.replica_set:
        findings.append(
            Finding(
                what,
                ok=False,
                detail="not a replica set, so it has no transactions",
                advice="start mongod with --replSet and initiate it",
            )
        )
    if not seen.writable:
        findings.append(
            Finding(
                what,
                ok=False,
                detail="this user may not write",
                advice="grant it readWrite on the database",
            )
        )
    return findings


async def _mail(settings: Settings) -> list[Finding]:
    banner = await probes.mail(settings.smtp_url)
    return [Finding("mail server", ok=True, detail=banner)]
