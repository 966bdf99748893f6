"""What `dsr doctor` has to say about one thing that it looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One plain sentence, and what to do. `fatal`: workers cannot work, or messages get lost."""

    what: str
    ok: bool
    detail: str
    advice: str = ""
    fatal: bool = True


def fine(what: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(what, ok=True, detail=detail)


def wrong(what: str, detail: str, advice: str) -> Finding:
    """Nothing works, or something is lost, until it is put right."""
    return Finding(what, ok=False, detail=detail, advice=advice)


def doubtful(what: str, detail: str, advice: str) -> Finding:
    """Workers do their work all the same."""
    return Finding(what, ok=False, detail=detail, advice=advice, fatal=False)


def version(what: str, seen: str, least: tuple[int, int]) -> Finding:
    """Whether the server is as new as README asks for."""
    numbers = re.match(r"(\d+)\.(\d+)", seen)
    if numbers and (int(numbers[1]), int(numbers[2])) < least:
        wanted = ".".join(map(str, least))
        return wrong(what, f"version {seen} is not supported", f"upgrade it to {wanted} or later")
    return fine(what, f"version {seen}")
