"""What the operating system knows: CPU time and memory by process, and the disk's own latency."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _IDLE, _IOWAIT = 0, 3, 4
_SYNCS = 300
_BLOCK = 4096


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time that these processes have used, in user and kernel together.

    One that has ended since counts for nothing: the broker looks after the disk by short helpers.
    """
    total = 0
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = stat.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def machine_seconds() -> float:
    """CPU time that everything on this machine has used."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    busy = [int(ticks) for at, ticks in enumerate(fields) if at not in (_IDLE, _IOWAIT)]
    return sum(busy) / _TICKS


def peak_memory(pid: int) -> float:
    """The highest resident memory of a living process so far, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def fdatasync(folder: Path) -> list[float]:
    """Seconds that each of some small durable writes took, one after the other."""
    file = folder / "fdatasync"
    took = []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(_SYNCS):
            os.write(descriptor, bytes(_BLOCK))
            started = time.monotonic()
            os.fdatasync(descriptor)
            took.append(time.monotonic() - started)
    finally:
        os.close(descriptor)
        file.unlink()
    return took


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that is not below this part of them (nearest rank)."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]
