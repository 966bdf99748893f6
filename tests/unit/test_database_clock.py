"""A worker's idea of the database's time: no slow answer moves it, a clock that was set does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workers.adapters.database_clock import Sample

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def seconds(count: float) -> datetime:
    return NOON + timedelta(seconds=count)


def sample(at: float, *, took: float, said: float | None = None) -> Sample:
    """The server answers at `at`, by default with the very time, at the end of what it took."""
    return Sample.of(seconds(at if said is None else said), at - took, at)


def test_time_goes_on_between_two_samples() -> None:
    assert sample(0, took=0.002).now(10) == seconds(10.001)


def test_an_answer_that_waited_for_an_election_moves_nothing() -> None:
    good, slow = sample(0, took=0.002), sample(10, took=9)
    assert slow.now(10) - seconds(10) == timedelta(seconds=4.5)
    assert not good.gives_way_to(slow)


def test_a_better_answer_is_taken() -> None:
    assert sample(0, took=2).gives_way_to(sample(10, took=0.1))


def test_a_plain_answer_is_taken_once_the_old_one_has_aged() -> None:
    old = sample(0, took=0.002)
    assert not old.gives_way_to(sample(1, took=0.02))
    assert old.gives_way_to(sample(10, took=0.02))


def test_a_clock_that_was_set_is_followed_at_once() -> None:
    for hours in (-1, 24):
        assert sample(0, took=0.002).gives_way_to(sample(10, took=4, said=10 + 3600 * hours))
