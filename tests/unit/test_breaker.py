"""A recipient that is silent is left alone for a while, and one that answers never is."""

from __future__ import annotations

import pytest

from workers.adapters.recipients.breaker import (
    FIRST_REST,
    LONGEST_REST,
    SILENCES,
    TRIAL,
    Breaker,
)


class Stopwatch:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Stopwatch:
    return Stopwatch()


def silenced(now: Stopwatch) -> Breaker:
    breaker = Breaker(now)
    for _ in range(SILENCES):
        assert breaker.wait() == 0
        breaker.silent()
    return breaker


def test_it_rests_after_some_silences_in_a_row(now: Stopwatch) -> None:
    assert silenced(now).wait() == FIRST_REST


def test_one_answer_in_between_and_it_does_not_rest(now: Stopwatch) -> None:
    breaker = Breaker(now)
    for _ in range(10 * SILENCES):
        breaker.silent()
        breaker.answered()
    assert breaker.wait() == 0


def test_many_calls_that_end_in_silence_together_are_one_rest(now: Stopwatch) -> None:
    breaker = silenced(now)
    for _ in range(50):
        breaker.silent()
    assert breaker.wait() == FIRST_REST


def test_after_the_rest_one_call_tries_and_the_others_wait_for_it(now: Stopwatch) -> None:
    breaker = silenced(now)
    now.at += FIRST_REST
    assert [breaker.wait(), breaker.wait(), breaker.wait()] == [0, TRIAL, TRIAL]
    breaker.answered()
    assert breaker.wait() == 0


def test_each_trial_in_vain_doubles_the_rest_up_to_five_minutes(now: Stopwatch) -> None:
    breaker = silenced(now)
    rests = []
    for _ in range(8):
        rests.append(breaker.wait())
        now.at += rests[-1]
        assert breaker.wait() == 0
        breaker.silent()
    assert rests[:4] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert rests[-1] == LONGEST_REST


def test_a_trial_that_never_ends_is_followed_by_another(now: Stopwatch) -> None:
    breaker = silenced(now)
    now.at += FIRST_REST
    assert breaker.wait() == 0
    now.at += TRIAL
    assert breaker.wait() == 0
