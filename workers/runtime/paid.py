"""What the broker has confirmed and the database still lists as owed.

The next transition of the same request strikes it off in its own write, which costs nothing; what
no transition follows soon is struck off in batches.
"""

from __future__ import annotations

from collections.abc import Iterable

Stamps = frozenset[str]


class Paid:
    """The commits whose messages were published, per request, by their stamps."""

    def __init__(self) -> None:
        self._stamps: dict[str, Stamps] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to strike off."""
        return bool(self._stamps)

    def add(self, request: str, stamps: Iterable[str]) -> None:
        """Published; or it could not be struck off after all."""
        self._stamps[request] = self._stamps.get(request, frozenset()).union(stamps)

    def take(self, request: str) -> Stamps:
        """What is struck off now for this request, by whoever asks."""
        return self._stamps.pop(request, frozenset())

    def take_all(self) -> dict[str, Stamps]:
        """The same for all requests."""
        taken, self._stamps = self._stamps, {}
        return taken
