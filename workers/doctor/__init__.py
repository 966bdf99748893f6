"""What `dsr doctor` looks at, one check after the other; none of them changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from schemas.errors import DsrError
from workers.doctor import broker, databases, house, recipients
from workers.doctor.finding import Finding, doubtful
from workers.settings import Settings

__all__ = ["Finding", "examine"]

Check = Callable[[Settings], Awaitable[list[Finding]]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("data map", house.datamap),
    ("keys", house.keys),
    ("recipients", recipients.secrets),
    ("RabbitMQ", broker.broker),
    ("broker policies", broker.management),
    ("MongoDB", databases.own),
    ("keys database", databases.keys),
    ("company database", databases.company),
    ("archive database", databases.archive),
    ("restriction views", databases.readers),
    ("wrapped keys", house.wrapped_keys),
    ("restored backup", house.restored),
    ("mail server", house.mail),
)


async def examine(settings: Settings) -> list[Finding]:
    """Every check, all at once; one that fails never hides another."""
    answers = await asyncio.gather(
        *(check(settings) for _, check in CHECKS), return_exceptions=True
    )
    findings: list[Finding] = []
    told: set[str] = set()
    for (what, _), answer in zip(CHECKS, answers, strict=True):
        if isinstance(answer, BaseException):
            findings.append(_failed(what, answer, told))
        else:
            findings += answer
    return findings


def _failed(what: str, error: BaseException, told: set[str]) -> Finding:
    if not isinstance(error, DsrError):
        # Its text may hold personal data and is not shown.
        detail = f"could not be looked at ({type(error).__name__})"
        return Finding(what, ok=False, detail=detail, advice="see the log of the server")
    if str(error) in told:
        again = "could not be looked at, for a reason that stands above"
        return doubtful(what, again, "put that right first")
    told.add(str(error))
    return Finding(what, ok=False, detail=str(error))
