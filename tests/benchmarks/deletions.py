"""Deletions by themselves: the workers beside the floor program, 60 documents a member.

    python -m tests.benchmarks.deletions [--count 1000] [--rounds 3] [--json]

`BENCH_FULL=1` adds a backlog of 20,000, beside which rate and memory must be flat.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.harness import Bench, open_bench
from tests.benchmarks.programs import BenchError
from tests.benchmarks.report import Findings
from tests.benchmarks.work import DELETIONS
from workers.local.processes import StackError

COUNT, ROUNDS, MANY = 1_000, 3, 20_000
_PROGRAMS = ("ours", "floor", "ours x2", "floor x2")


async def measure(bench: Bench, count: int, rounds: int, sizes: Sequence[int]) -> Findings:
    """The programs in turns, so that all meet the same disk; then the workers alone."""
    found = Findings(count, what=DELETIONS.name)
    for number in range(rounds):
        for kind in _PROGRAMS:
            found.backlogs.append(await bench.backlog(DELETIONS, kind, count))
            report.progress(number + 1, found.backlogs[-1])
    for size in sizes:
        found.memory.append(await bench.backlog(DELETIONS, "ours", size))
    return found


def sizes() -> tuple[int, ...]:
    """The backlogs at which the workers' memory is looked at beside those of the rounds."""
    return (MANY,) if os.environ.get("BENCH_FULL") else ()


async def run(options: argparse.Namespace) -> Findings:
    """The measurement in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dsr-bench-") as name:
        async with open_bench(Path(name)) as bench:
            return await measure(bench, options.count, options.rounds, options.sizes or sizes())


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.deletions")
    parser.add_argument("--count", type=int, default=COUNT, help="deletions in a backlog")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sizes", type=int, nargs="*", help="more backlogs, of the workers alone")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        found = asyncio.run(run(options))
    except (BenchError, StackError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    report.show(found, as_json=options.json)
    return 1 if found.lost else 0


if __name__ == "__main__":
    sys.exit(main())
