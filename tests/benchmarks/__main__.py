"""`make bench`: the workers beside the floor program, on the embedded servers. Not a test.

Exits 1 only where work was lost. `BENCH_FULL=1` adds the backlogs of 20,000.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import deletions, measure, report, rotation
from tests.benchmarks.harness import low_load, open_bench
from tests.benchmarks.programs import BenchError
from tests.benchmarks.report import Findings
from tests.benchmarks.work import CORRECTIONS
from workers.local.processes import StackError

KINDS = ("ours", "floor", "singly", "ours x2", "floor x2")
"""The last two: as many processes as this machine has cores, since that is how workers scale."""
BACKLOGS, FULL_BACKLOGS = (1_000,), (1_000, 20_000)
WARM = 10


async def run(options: argparse.Namespace) -> Findings:
    """All measurements, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dsr-bench-") as name:
        async with open_bench(Path(name)) as bench:
            found = Findings(options.count, options.singly)
            for number in range(options.rounds):
                for kind in options.programs:
                    count = options.singly if kind == "singly" else options.count
                    found.backlogs.append(await bench.backlog(CORRECTIONS, kind, count))
                    report.progress(number + 1, found.backlogs[-1])
            pair = [kind for kind in options.programs if kind in {"ours", "floor"}]
            found.syncs += measure.fdatasync(Path(name))
            found.low = await low_load(bench, pair, options.low, WARM) if options.low else {}
            found.syncs += measure.fdatasync(Path(name))
            if "ours" in options.programs and options.memory:
                sizes = FULL_BACKLOGS if os.environ.get("BENCH_FULL") else BACKLOGS
                for size in sizes:
                    found.memory.append(await bench.backlog(CORRECTIONS, "ours", size))
            if options.deletions:
                more = deletions.sizes() if options.memory else ()
                found.deletions = await deletions.measure(
                    bench, options.deletions, options.rounds, more
                )
            url = bench.stack.mongo.url
            found.rotations = await rotation.measure(Path(name), url, options.rotation)
            return found


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=2_000, help="corrections in a backlog")
    parser.add_argument("--singly", type=int, default=200, help="the same, for one by one")
    parser.add_argument("--low", type=int, default=100, help="requests at low load")
    parser.add_argument("--no-memory", dest="memory", action="store_false")
    parser.add_argument(
        "--rotation", type=int, nargs="*", default=rotation.SIZES, help="subjects to rotate"
    )
    parser.add_argument(
        "--deletions", type=int, nargs="?", const=deletions.COUNT, default=0, metavar="COUNT",
        help="also deletions, of so many members",
    )  # fmt: skip
    parser.add_argument("--programs", nargs="+", choices=KINDS, default=KINDS)
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
