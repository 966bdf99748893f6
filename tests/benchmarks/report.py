"""The findings as tables, or as JSON."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.harness import Backlog
from tests.benchmarks.measure import percentile
from tests.benchmarks.rotation import Rotation

PROCESSES = {" x2": "a process for each core", "": "one process of each"}
"""What stands behind a program's name where several of it work, and in words."""
FLOOR_TARGET, SINGLY_TARGET, LATENCY_TARGET, MEMORY_TARGET = 0.5, 5.0, 2.0, 150


@dataclass(slots=True)
class Findings:
    """All that was measured."""

    count: int
    singly: int = 0
    what: str = "corrections"
    backlogs: list[Backlog] = field(default_factory=list)
    memory: list[Backlog] = field(default_factory=list)
    low: dict[str, Any] = field(default_factory=dict)
    syncs: list[float] = field(default_factory=list)
    rotations: list[Rotation] = field(default_factory=list)
    deletions: Findings | None = None

    @property
    def lost(self) -> list[str]:
        """What should have come and did not."""
        runs = [
            f"{run.program}: {what}" for run in self.backlogs + self.memory for what in run.lost
        ]
        others = self.deletions.lost if self.deletions else []
        return runs + list(self.low.get("lost", [])) + others

    @property
    def programs(self) -> list[str]:
        """In the order in which they ran."""
        return list(dict.fromkeys(run.program for run in self.backlogs))

    def of(self, program: str) -> list[Backlog]:
        """The rounds of one program."""
        return [run for run in self.backlogs if run.program == program]

    def rate(self, program: str) -> float:
        """Requests per second, the median of the rounds."""
        return statistics.median(run.rate for run in self.of(program))

    def half(self, program: str, at: int) -> float:
        """Seconds that one of the two phases took, the median of the rounds."""
        return statistics.median(run.phases[at].seconds for run in self.of(program))

    def cpu(self, program: str) -> dict[str, float]:
        """CPU milliseconds per request by process, medians."""
        each = [run.cpu_each() for run in self.of(program)]
        return {name: statistics.median(cpu[name] for cpu in each) for name in each[0]}

    def ratios(self) -> dict[str, tuple[float, str]]:
        """What must be reached, beside what was."""
        found: dict[str, tuple[float, str]] = {}
        for processes, said in PROCESSES.items():
            pair = f"ours{processes}", f"floor{processes}"
            if not set(pair) <= set(self.programs):
                continue
            ratio = self.rate(pair[0]) / self.rate(pair[1])
            found[f"{self.what}/s, ours to floor, {said}"] = (ratio, f">= {FLOOR_TARGET}")
            halves = [self.half(name, 1) for name in pair]
            found[f"the same from the proof on, {said}"] = (halves[1] / halves[0], "beside it")
            ours, floor = (sum(self.cpu(name).values()) for name in pair)
            found[f"CPU per request, ours to floor, {said}"] = (ours / floor, "beside it")
        if {"ours", "singly"} <= set(self.programs):
            ratio = self.rate("ours") / self.rate("singly")
            found["requests/s, ours to singly"] = (ratio, f">= {SINGLY_TARGET:g}")
        seconds: dict[str, list[float]] = self.low.get("seconds", {})
        if {"ours", "floor"} <= seconds.keys():
            ours, floor = (percentile(seconds[name], 0.5) for name in ("ours", "floor"))
            found["p50 at low load, ours to floor"] = (ours / floor, f"<= {LATENCY_TARGET:g}")
        return found


def progress(number: int, run: Backlog) -> None:
    """One line for each run, so that nobody waits in the dark."""
    halves = " + ".join(f"{phase.seconds:.2f}" for phase in run.phases)
    others = sum(phase.others for phase in run.phases)
    sys.stderr.write(
        f"round {number}  {run.program:<8} {run.count:>5} in {halves} s = {run.rate:7.1f}/s"
        f"  (others on this machine used {others:.1f} s of CPU)\n"
    )
    if run.lost or run.repeated:
        sys.stderr.write(f"  lost {list(run.lost)}, sent again {run.repeated}; it said:\n")
        sys.stderr.write("".join(f"    {line}\n" for line in run.said))


def show(found: Findings, *, as_json: bool) -> None:
    """Everything, on standard output."""
    if as_json:
        sys.stdout.write(json.dumps(_plain(found), indent=2) + "\n")
        return
    console = Console(width=110)
    _show(console, found)
    if found.deletions:
        _show(console, found.deletions)
    for what in found.lost:
        console.print(f"[bold red]lost[/] {what}")


def _show(console: Console, found: Findings) -> None:
    console.print(_rates(found))
    console.print(_cpu(found))
    if found.low:
        console.print(_low(found))
    if found.memory:
        console.print(_memory(found))
    if found.rotations:
        console.print(_rotations(found))
    if ratios := found.ratios():
        console.print(_ratios(ratios))


def _rates(found: Findings) -> Table:
    table = _table(
        f"{found.what.capitalize()}: submission to challenge mail, then proof to completion",
        "program", "backlog", "requests/s", "rounds", "to challenge", "to completion",
    )  # fmt: skip
    for program in found.programs:
        runs = found.of(program)
        halves = [found.half(program, at) for at in (0, 1)]
        table.add_row(
            program,
            str(runs[0].count),
            f"{found.rate(program):.0f}",
            " ".join(f"{run.rate:.0f}" for run in runs),
            *(f"{runs[0].count / seconds:.0f}/s" for seconds in halves),
        )
    return table


def _cpu(found: Findings) -> Table:
    names = list(found.cpu(found.programs[0]))
    table = _table(
        f"CPU per request, milliseconds (medians; {found.what})", "program", *names, "together"
    )
    for program in found.programs:
        used = found.cpu(program)
        table.add_row(
            program, *(f"{used[name]:.2f}" for name in names), f"{sum(used.values()):.2f}"
        )
    return table


def _low(found: Findings) -> Table:
    table = _table(
        "One at a time: proof published to completion mail, milliseconds",
        "", "requests", "p50", "p99", "worst",
    )  # fmt: skip
    for name, seconds in (*found.low["seconds"].items(), ("fdatasync of 4 KB", found.syncs)):
        table.add_row(name, str(len(seconds)), *(f"{1000 * s:.1f}" for s in _spread(seconds)))
    return table


def _memory(found: Findings) -> Table:
    table = _table(
        f"The worker's resident memory at its peak, MB (< {MEMORY_TARGET}, and flat; {found.what})",
        "backlog", "to challenge", "to completion", "requests/s",
    )  # fmt: skip
    runs = [*found.memory, *found.of("ours")]
    for run in sorted(runs, key=lambda run: run.count):
        peaks = (f"{phase.memory:.0f}" for phase in run.phases)
        table.add_row(str(run.count), *peaks, f"{run.rate:.0f}")
    return table


def _rotations(found: Findings) -> Table:
    table = _table(
        "`dsr keys rotate`: every subject's key under a new epoch",
        "subjects", "seconds", "subjects/s", "peak memory, MB",
    )  # fmt: skip
    for run in found.rotations:
        numbers = (f"{run.seconds:.1f}", f"{run.rate:.0f}", f"{run.memory:.0f}")
        table.add_row(str(run.subjects), *numbers)
    return table


def _ratios(ratios: dict[str, tuple[float, str]]) -> Table:
    table = _table("What must be reached", "", "measured", "wanted")
    for name, (ratio, wanted) in ratios.items():
        table.add_row(name, f"{ratio:.2f}", wanted)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at else "left")
    return table


def _spread(seconds: Sequence[float]) -> tuple[float, float, float]:
    return percentile(seconds, 0.5), percentile(seconds, 0.99), max(seconds)


def _plain(found: Findings) -> dict[str, Any]:
    return {
        "ratios": {name: {"measured": r, "wanted": w} for name, (r, w) in found.ratios().items()},
        "rates": {program: found.rate(program) for program in found.programs},
        "cpu_ms": {program: found.cpu(program) for program in found.programs},
        "low_load_ms": {
            name: dict(zip(("p50", "p99", "worst"), (1000 * s for s in _spread(all_)), strict=True))
            for name, all_ in (*found.low.get("seconds", {}).items(), ("fdatasync", found.syncs))
            if all_
        },
        "backlogs": [asdict(run) | {"rate": run.rate} for run in found.backlogs + found.memory],
        "rotations": [asdict(run) | {"rate": run.rate} for run in found.rotations],
        "lost": found.lost,
        "deletions": _plain(found.deletions) if found.deletions else None,
    }
