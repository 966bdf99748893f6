"""How the demo is told: a line for all that happens, a table at the end, one case in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.local.demo.facts import Result
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


def show(
    results: Sequence[Result], before: Flat, after: Flat, verified: str, seconds: float
) -> None:
    """Print the table, then the first correction in full, and what the deletion left behind."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(_overview(results))
    first = results[0]
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
    console.print(escape(verified))
    count = len(results)
    console.print(f"[bold]{count} requests, all completed, {seconds:.1f} s in all.[/]")


def _overview(results: Sequence[Result]) -> Table:
    table = Table(
        "tracking",
        "kind",
        "channel",
        "status",
        "seconds",
        "mails",
        "notices",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for result in results:
        facts = result.as_json()
        notices = [f"{one['recipient']} {one['status']}" for one in facts["notices"]]
        table.add_row(
            facts["tracking"],
            facts["kind"],
            facts["channel"],
            facts["status"],
            f"{facts['seconds']:.1f}",
            str(facts["mails"]),
            "\n".join(notices) or "nobody had received it",
        )
    return table


def _changes(before: Flat, after: Flat) -> Iterator[str]:
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if old != new:
            yield place
            yield f"  - {old}"
            yield f"  + {new}"
