"""What ledger and markers show, held against each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from workers.adapters.erasure.restored import entries, restored
from workers.adapters.vault import Tombstone

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Ledger:
    """The lines that are there at each reading."""

    def __init__(self, *readings: list[str]) -> None:
        self.readings = list(readings)

    def all(self) -> Iterator[Tombstone]:
        now = self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
        for request in now:
            yield Tombstone(pseudonym="kim", subject_type="member", request=request, at=AT)


class Markers:
    """The markers' states."""

    def __init__(self, **states: str) -> None:
        self.all = states

    async def states(self) -> AsyncIterator[tuple[str, str]]:
        for state in self.all.items():
            yield state


async def compared(markers: Markers, ledger: Ledger) -> dict[str, set[str]]:
    found = await restored(markers, ledger)  # type: ignore[arg-type]
    names = ("missing", "unsettled", "unfinished", "untold")
    return {name: set(getattr(found, name)) for name in names if getattr(found, name)}


async def test_a_house_that_deleted_nobody_may_start() -> None:
    assert await compared(Markers(), Ledger([])) == {}


async def test_a_deletion_with_marker_and_line_is_as_it_should_be() -> None:
    assert await compared(Markers(r1="done"), Ledger(["r1"])) == {}


async def test_a_line_without_a_marker_tells_of_a_restored_database() -> None:
    found = await compared(Markers(r1="done"), Ledger(["r1", "r2", "r3"]))
    assert found == {"missing": {"r2", "r3"}}


async def test_a_marker_without_a_line_tells_of_a_lost_ledger() -> None:
    assert await compared(Markers(r1="done", r2="done"), Ledger(["r2"])) == {"untold": {"r1"}}


async def test_a_deletion_that_is_told_meanwhile_is_not_taken_for_lost() -> None:
    assert await compared(Markers(r1="done"), Ledger([], ["r1"])) == {}


async def test_a_deletion_whose_line_is_not_written_yet_is_under_way() -> None:
    assert await compared(Markers(r1="open"), Ledger([])) == {"unfinished": {"r1"}}


async def test_a_replay_that_was_cut_off_is_seen() -> None:
    found = await compared(Markers(r1="again", r2="done"), Ledger(["r1", "r2"]))
    assert found == {"unsettled": {"r1"}}


def test_entries_come_in_groups_and_only_those_that_are_asked_for() -> None:
    ledger = Ledger([f"r{n}" for n in range(2_500)])
    groups = list(entries(ledger, lambda entry: int(entry.request[1:]) >= 100))
    assert [len(group) for group in groups] == [1_000, 1_000, 400]
    assert groups[0][0].request == "r100"
