"""How the demo is told: a line for all that happens, a table at the end, one case in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.local.demo.facts import Demo, Result
from workers.local.demo.record import Flat


class Progress:
    """Lines with the seconds since the start, on stderr: stdout holds the result alone."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, soft_wrap=True, highlight=False)
        self._began = monotonic()

    def tell(self, line: str, who: str = "") -> None:
        """One more line; `who` is the channel it is about."""
        seconds = monotonic() - self._began
        self._console.print(f"[dim]{seconds:5.1f} s[/] [cyan]{who:<6}[/]{escape(line)}")

    @property
    def seconds(self) -> float:
        """Since the start."""
        return monotonic() - self._began


def show(demo: Demo, seconds: float) -> None:
    """Print the table, then the first correction in full, and what the deletion left behind."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(_overview(demo.results))
    first, before, after = demo.results[0], demo.before, demo.after
    console.rule(f"{first.played.tracking}, {first.played.errand.known.name}: what happened when")
    for entry in first.request["history"]:
        at = datetime.fromisoformat(entry["at"]).astimezone()
        line = f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}  {entry['what']:<16}"
        console.print(escape(f"{line} {entry['status']:<15} {entry['by']}"))
    console.rule("the record before and after")
    for line in _changes(before, after):
        console.print(escape(line))
    same = sum(after.get(place) == value for place, value in before.items())
    console.print(f"{same} other values of this member's documents are as they were.")
    console.rule("the completion mail")
    for letter in first.letters:
        if letter.purpose == "completion":
            console.print(escape(f"To: {letter.to}\nSubject: {letter.subject}\n\n{letter.text}"))
    console.rule("the deletion: what `dsr receipt verify` says, with the public key alone")
    console.print(escape(demo.verified))
    for complaint in demo.wrong:
        console.print(f"[bold red]not as it must be:[/] {escape(complaint)}")
    ended = f"{len(demo.wrong)} faults" if demo.wrong else "all completed"
    console.print(f"[bold]{len(demo.results)} requests, {ended}, {seconds:.1f} s in all.[/]")


_NOBODY = {"access": "none is due", "inquiry": "none is due"}
"""Kinds of which no third party is told, whatever it has received."""


def _overview(results: Sequence[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading in ("tracking", "kind", "channel", "for", "status", "s", "mails"):
        table.add_column(heading, no_wrap=True)
    table.add_column("notices")
    for result in results:
        facts = result.as_json()
        notices = [f"{one['recipient']} {one['status']}" for one in facts["notices"]]
        table.add_row(
            facts["tracking"],
            facts["kind"],
            facts["channel"],
            "child" if facts["relation"] == "guardian" else facts["relation"],
            facts["status"],
            f"{facts['seconds']:.1f}",
            str(facts["mails"]),
            "\n".join(notices) or _NOBODY.get(facts["kind"], "nobody had received it"),
        )
    return table


def _changes(before: Flat, after: Flat) -> Iterator[str]:
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if old != new:
            yield place
            yield f"  - {old}"
            yield f"  + {new}"
