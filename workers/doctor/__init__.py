"""What `dsr doctor` looks at, one check after the other; none of them changes anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from schemas.errors import DsrError
from workers.doctor import broker, databases, house
from workers.doctor.finding import Finding, doubtful
from workers.settings import Settings

__all__ = ["Finding", "examine"]

Check = Callable[[Settings], Awaitable[list[Finding]]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("data map", house.datamap),
    ("keys", house.keys),
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
    """Every check; one that fails never hides the others."""
    findings: list[Finding] = []
    told: set[str] = set()
    for what, check in CHECKS:
        try:
            findings += await check(settings)
        except DsrError as error:
            if str(error) in told:
                again = "could not be looked at, for a reason that stands above"
                findings.append(doubtful(what, again, "put that right first"))
            else:
                findings.append(Finding(what, ok=False, detail=str(error)))
            told.add(str(error))
        except Exception as error:  # noqa: BLE001 - its text may hold personal data and is not shown
            detail = f"could not be looked at ({type(error).__name__})"
            findings.append(Finding(what, ok=False, detail=detail, advice="see the server's log"))
    return findings
