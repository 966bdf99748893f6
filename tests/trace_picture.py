"""Draws a trace as an SVG: `python -m tests.trace_picture` records one and draws docs/pictures/."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tests.town import open_town
from tests.town.collector import Received, collecting
from tests.town.followed import follow, settings_for
from tests.town.place import folder_for_servers, place
from workers.local.stack import Stack

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "trace.svg"
LEFT, WIDTH, ROW, TOP = 330, 560, 20, 54
PAUSE = 0.2
"""Seconds: nothing happens for so long, and the picture leaves the rest of the wait out."""
COLOURS = {"publish": "#7c3aed", "send": "#c2410c", "ask": "#c2410c", "company": "#15803d"}


def draw(spans: Sequence[Received]) -> str:
    """The spans of one trace, what belongs to another below it, in the order of time."""
    rows = list(_rows(spans))
    axis = _Axis(spans)
    height = TOP + ROW * len(rows) + 16
    milliseconds = 1000 * (max(span.ended for span in spans) - min(span.began for span in spans))
    waits = "grey: waits that are left out, mostly for the person"
    lines = [
        _rect(0, 0, LEFT + WIDTH + 110, height, "#fff"),
        _text(10, 20, f"Trace {spans[0].trace}", "#000"),
        _text(10, 38, f"{len(spans)} spans, {milliseconds:.0f} ms; {waits}", "#555"),
        *(_rect(axis.at(at) - 3, TOP - 6, 6, height - TOP - 4, "#ddd") for at in axis.pauses),
    ]
    for number, (depth, span) in enumerate(rows):
        y, x, end = TOP + ROW * number, axis.at(span.began), axis.at(span.ended)
        colour = "#b91c1c" if span.failed else COLOURS.get(span.name.split()[0], "#1d4ed8")
        lines += [
            _text(10 + 18 * depth, y + 13, span.name, "#000"),
            _text(165 + 18 * depth, y + 13, _said(span), "#777"),
            _rect(x, y + 3, max(2.0, end - x), 13, colour),
            _text(
                max(end, x + 2) + 5, y + 13, f"{1000 * (span.ended - span.began):.1f} ms", "#555"
            ),
        ]
    size = f'width="{LEFT + WIDTH + 110}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif"'
    return "\n".join([f'{head} font-size="12">', *lines, "</svg>", ""])


def _text(x: float, y: float, said: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{colour}">{escape(said)}</text>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    size = f'width="{width:.1f}" height="{height}"'
    return f'<rect x="{x:.1f}" y="{y}" {size} fill="{colour}"/>'


class _Axis:
    """Time from left to right, without the waits in which nothing happens."""

    def __init__(self, spans: Sequence[Received]) -> None:
        self.pauses: list[float] = []
        self._parts: list[tuple[float, float]] = []
        for span in sorted(spans, key=lambda span: span.began):
            if self._parts and span.began - self._parts[-1][1] < PAUSE:
                began, ended = self._parts[-1]
                self._parts[-1] = began, max(ended, span.ended)
            else:
                if self._parts:
                    self.pauses.append(span.began)
                self._parts.append((span.began, span.ended))
        busy = sum(ended - began for began, ended in self._parts)
        self._gap = busy * 0.03
        self._scale = WIDTH / (busy + self._gap * len(self.pauses))

    def at(self, time: float) -> float:
        """Where this time is."""
        passed = 0.0
        for number, (began, ended) in enumerate(self._parts):
            passed += self._gap if number else 0.0
            if time <= ended:
                return LEFT + (passed + time - began) * self._scale
            passed += ended - began
        return LEFT + passed * self._scale


def _rows(
    spans: Sequence[Received], parent: str = "", depth: int = 0
) -> Iterator[tuple[int, Received]]:
    known = {span.id for span in spans}
    for span in spans:
        if span.parent == parent or (not depth and not parent and span.parent not in known):
            yield depth, span
            yield from _rows(spans, span.id, depth + 1)


def _took(span: Received) -> str:
    return f"{1000 * (span.ended - span.began):.1f} ms"


def _said(span: Received) -> str:
    """What tells this span from others of its name."""
    said = span.attributes
    step = str(said.get("dsr.step", "")).partition(":")[2]
    return str(said.get("dsr.recipient") or said.get("dsr.purpose") or step)


async def main() -> str:
    """Record and draw."""
    with folder_for_servers("dsr-trace-") as folder, collecting() as collector:
        async with Stack(Path(folder), environment={}) as servers:
            settings = settings_for(collector)
            async with open_town(Path(folder), await place(servers), settings=settings) as town:
                await follow(town)
    return draw(collector.spans())


if __name__ == "__main__":
    PICTURE.write_text(asyncio.run(main()))
