"""What the privacy officer looks after: what is kept and until when, keys, and the evidence."""

from __future__ import annotations

from starlette.responses import Response

from workers.audit import verify_stores
from workers.web.desk.visit import Visit


async def retention(visit: Visit) -> Response:
    """What a sweep would destroy now, and the state of the keys; changes nothing."""
    parts = visit.parts
    report = await parts.retention.sweep(parts.requests.now(), dry_run=True)
    return visit.show(
        "retention",
        report=report,
        epoch=parts.house.tools.evidence.current_epoch(),
        keys=await parts.vault.by_epoch(),
        every=parts.settings.retention_hours,
    )


async def ask_audit(visit: Visit) -> Response:
    """What the button would do."""
    return visit.show("audit", checked=None, offences=[])


async def audit(visit: Visit) -> Response:
    """Compute every invariant from the stores."""
    checked, offences = await verify_stores(visit.parts)
    return visit.show("audit", checked=checked, offences=offences)
