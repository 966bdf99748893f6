"""Key rotation by itself: subjects a second and the command's own memory, at two sizes.

    python -m tests.benchmarks.rotation [--subjects 10000 100000]

`dsr keys rotate` runs as an operator runs it, on an embedded mongod.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks.programs import ROOT, BenchError
from workers.adapters import mongo
from workers.adapters.intake_seal import IntakeKeys
from workers.adapters.vault import KeyFolder, Tombstones, Vault
from workers.local.processes import StackError
from workers.local.stack import Stack

SIZES = (10_000, 100_000)
_GROUP = 1_000


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of so many subjects' keys."""

    subjects: int
    seconds: float
    memory: float
    """The peak of the command's process, in MB."""

    @property
    def rate(self) -> float:
        """Keys re-wrapped per second, from the command's start to its end."""
        return self.subjects / self.seconds


async def measure(folder: Path, url: str, sizes: Sequence[int]) -> list[Rotation]:
    """A house of its own for each size: its keys made, then rotated."""
    found = []
    for subjects in sizes:
        name = f"rotation{subjects}"
        await seed(folder / name, url, f"{name}_keys", subjects)
        found.append(await asyncio.to_thread(rotate, folder / name, url, name, subjects))
    return found


async def seed(keys: Path, url: str, database: str, subjects: int) -> None:
    """As many subjects' keys as asked for."""
    client = mongo.connect(url)
    try:
        vault = Vault(mongo.keys_collection(client, database), KeyFolder.create(keys))
        # The certificates of those deleted before are told too, with everything connected.
        IntakeKeys.create(keys / "intake")
        Tombstones.create(keys / "tombstones")
        for first in range(0, subjects, _GROUP):
            numbers = range(first, min(first + _GROUP, subjects))
            await vault.data_keys([f"subject:member:{n:032x}" for n in numbers], create=True)
    finally:
        client.close()


def rotate(keys: Path, url: str, db: str, subjects: int) -> Rotation:
    """Run the command to its end, and ask the system how much it held at most."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from workers.cli import main; main()", "keys", "rotate", "--json"],
        env={**os.environ, "DSR_MONGO_URL": url, "DSR_DB": db, "DSR_KEYS": str(keys)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchError("the rotation failed")
    done = json.loads(out)
    if done["rewrapped"] != subjects:
        raise BenchError(f"{done['rewrapped']} of {subjects} keys were re-wrapped")
    return Rotation(subjects, done["seconds"], used.ru_maxrss / 1024)


async def run(sizes: Sequence[int]) -> list[Rotation]:
    """The measurement on a mongod of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dsr-bench-") as name:
        folder = Path(name)
        elsewhere = {"DSR_AMQP_URL": "amqp://unused", "DSR_SMTP_URL": "smtp://unused"}
        async with Stack(folder / "stack", environment=elsewhere) as stack:
            return await measure(folder, stack.mongo.url, sizes)


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rotation")
    parser.add_argument("--subjects", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    try:
        found = asyncio.run(run(options.subjects))
    except (BenchError, StackError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for each in found:
        sys.stdout.write(json.dumps(asdict(each) | {"rate": each.rate}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
