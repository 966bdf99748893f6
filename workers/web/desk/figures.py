"""How much there is, and how long it takes: pictures, each with its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from starlette.responses import Response

from schemas.lifecycle import Status
from schemas.submission import Channel, Kind
from workers.web.catalogues import marked
from workers.web.desk.visit import Visit

WIDTH = 320
"""Units of the longest bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a picture and one line of its table."""

    name: str
    value: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its table."""

    title: str
    unit: str
    bars: tuple[Bar, ...]


async def show(visit: Visit) -> Response:
    """Numbers only: nobody is named by them."""
    found = await visit.parts.desk_reads.figures()
    hours: Mapping[str, Mapping[str, float]] = found["hours"]
    mean = {kind: one["mean"] for kind, one in hours.items()}
    statuses = tuple(status.value for status in Status)
    figures = [
        _figure(marked("Requests by status"), marked("Requests"), statuses, found["status"]),
        _figure(marked("Open by kind"), marked("Requests"), get_args(Kind), found["kind"]),
        _figure(marked("By channel"), marked("Requests"), get_args(Channel), found["channel"]),
        _figure(
            marked("Mean time to complete, by kind"),
            marked("Hours"),
            get_args(Kind),
            mean,
            # Nothing done yet is no time at all, not a time of none.
            missing="-",
        ),
    ]
    is_open = sum(n for name, n in found["status"].items() if not Status(name).final)
    return visit.show("figures", figures=figures, is_open=is_open, late=found["late"])


def _figure(
    title: str,
    unit: str,
    names: tuple[str, ...],
    values: Mapping[str, float],
    *,
    missing: str = "0",
) -> Figure:
    most = max([values.get(name, 0) for name in names], default=0) or 1
    return Figure(
        title,
        unit,
        tuple(
            Bar(
                name,
                value,
                round(value / most * WIDTH, 1),
                f"{value:,.4g}" if name in values else missing,
            )
            for name in names
            for value in [values.get(name, 0)]
        ),
    )
