"""The queue: what is open, the soonest due first; and the way to one request by its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from starlette.responses import Response

from schemas import tracking
from schemas.deadlines import standing
from schemas.lifecycle import Status
from schemas.request import RequestRecord
from schemas.submission import Channel, Kind
from workers.desk.particulars import waits_for
from workers.web.desk.visit import Visit

MOST: Final = 200
FILTERS: Final = {
    "status": tuple(status.value for status in Status if not status.final),
    "kind": get_args(Kind),
    "channel": get_args(Channel),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue."""

    record: RequestRecord
    days: int
    """Left until the deadline; less than none where it has passed."""
    hours: int
    standing: str | None
    waits: str


def row(record: RequestRecord, now: datetime) -> Row:
    """As it stands at that moment."""
    hours = int((record.deadline - now).total_seconds() // 3600)
    stands = (
        None
        if record.status.final
        else standing(record.received_at, record.deadline, record.target, now)
    )
    reviewed = record.status is Status.IN_REVIEW
    return Row(record, hours // 24, hours, stands, waits_for(record) if reviewed else "")


async def show(visit: Visit) -> Response:
    """Filtered by values of the lists only; a code that is looked for is one, or finds nothing."""
    asked = visit.request.query_params
    wanted = asked.get("code", "").strip()
    if wanted:
        try:
            code = tracking.parse(wanted)
        except ValueError:
            code = ""
        if code and await visit.parts.requests.record(code):
            return visit.go(f"/requests/{code}")
    only = {name: asked.get(name, "") for name in FILTERS}
    chosen = {name: value for name, value in only.items() if value in FILTERS[name]}
    late = asked.get("late") == "1"
    found = await visit.parts.desk_reads.queue(only=chosen, at_risk=late, limit=MOST)
    now = visit.parts.requests.now()
    return visit.show(
        "queue",
        rows=[row(record, now) for record in found],
        filters=FILTERS,
        only=dict.fromkeys(FILTERS, "") | chosen,
        late=late,
        missing=bool(wanted),
        most=MOST,
    )
