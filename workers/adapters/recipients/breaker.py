"""Whether a recipient that did not answer is called again already. Pure but for the time.

Somebody who answers, even with an error, costs nobody any time; who is silent holds a connection
for seconds each time. After a few silences in a row the recipient rests; then one call tries, and
the rest doubles if that was in vain.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SILENCES: Final = 4
"""In a row, until it rests."""
FIRST_REST, LONGEST_REST = 15.0, 300.0
TRIAL: Final = 15.0
"""Seconds that the one call may take for which the others wait."""


class Breaker:
    """Of one recipient, in one process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._silences = 0
        self._rest = FIRST_REST
        self._until = 0.0
        self._on_trial = False

    def wait(self) -> float:
        """Seconds until it may be called; 0: now. Of those who ask after a rest one gets 0."""
        left = self._until - self._now()
        if left > 0:
            return left
        if self._silences >= SILENCES:
            self._on_trial, self._until = True, self._now() + TRIAL
        return 0.0

    def left(self) -> float:
        """Seconds that it still rests; asking changes nothing."""
        return max(0.0, self._until - self._now())

    def answered(self) -> None:
        """It lives."""
        self._silences, self._rest, self._until, self._on_trial = 0, FIRST_REST, 0.0, False

    def silent(self) -> None:
        """Nothing came back. Many calls that end at the same time are one rest, not many."""
        if self._on_trial:
            self._on_trial = False
            self._rest = min(2 * self._rest, LONGEST_REST)
            self._until = self._now() + self._rest
        elif self._silences < SILENCES:
            self._silences += 1
            if self._silences == SILENCES:
                self._until = self._now() + self._rest
