"""How often an address may come: counted at once here, by all processes together soon after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from schemas.errors import SettingsError, Unreachable
from workers.adapters import rates as module
from workers.adapters.rates import Rates

ONE, OTHER = "203.0.113.9", "203.0.113.10"


@dataclass
class Database:
    """Counts of all processes; a window ends when a test says so."""

    counts: dict[str, int] = field(default_factory=dict)
    left: float = 600.0
    asked: int = 0
    away: bool = False

    async def add(self, name: str, within: timedelta, n: int) -> tuple[int, float]:  # noqa: ARG002
        self.asked += 1
        if self.away:
            raise Unreachable("away")
        self.counts[name] = self.counts.get(name, 0) + n
        return self.counts[name], self.left


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0.0)


@pytest.fixture
def database() -> Database:
    return Database()


def process(database: Database, each: str = "3/10 minutes", together: str = "") -> Rates:
    return Rates(database, lambda address: address.decode(), {"forms": each}, together)


async def told(rates: Rates) -> None:
    while rates._telling:  # noqa: ASYNC110, SLF001 - what a process does beside its answers
        await asyncio.sleep(0)


async def test_one_address_is_stopped_at_its_limit_and_another_is_not(database: Database) -> None:
    rates = process(database)
    assert [rates.admit("forms", ONE) for _ in range(3)] == [None] * 3
    wait = rates.admit("forms", ONE)
    assert wait is not None and 0 < wait <= 600
    assert rates.admit("forms", OTHER) is None


async def test_what_another_process_counted_counts_here(database: Database) -> None:
    first, second = process(database), process(database)
    for _ in range(3):
        first.admit("forms", ONE)
    await told(first)
    assert second.admit("forms", ONE) is None
    await told(second)
    assert second.admit("forms", ONE) is not None


async def test_all_addresses_together_have_a_limit_too(database: Database) -> None:
    rates = process(database, each="", together="5/10 minutes")
    answers = [rates.admit("forms", f"203.0.113.{n}") for n in range(6)]
    assert answers[:5] == [None] * 5 and answers[5] is not None


async def test_fifty_at_once_ask_the_database_once_for_each_window(database: Database) -> None:
    rates = process(database, each="100/minute", together="1000/minute")
    for _ in range(50):
        rates.admit("forms", ONE)
    await told(rates)
    assert database.asked == 2
    assert set(database.counts.values()) == {50}


async def test_who_is_stopped_costs_the_database_nothing(database: Database) -> None:
    rates = process(database)
    for _ in range(3):
        rates.admit("forms", ONE)
    await told(rates)
    before = database.asked
    for _ in range(100):
        assert rates.admit("forms", ONE) is not None
    await told(rates)
    assert database.asked == before


async def test_the_window_ends_when_the_database_says(database: Database) -> None:
    rates = process(database)
    database.left = -1.0
    for _ in range(3):
        rates.admit("forms", ONE)
    await told(rates)
    assert rates.admit("forms", ONE) is None


async def test_while_the_database_is_away_nobody_waits_and_each_process_counts(
    database: Database,
) -> None:
    database.away = True
    rates = process(database)
    assert [rates.admit("forms", ONE) for _ in range(3)] == [None] * 3
    await told(rates)
    assert rates.admit("forms", ONE) is not None


async def test_a_network_of_ipv6_is_one_address(database: Database) -> None:
    rates = process(database, each="1/minute")
    assert rates.admit("forms", "2001:db8:1:2::1") is None
    assert rates.admit("forms", "2001:db8:1:2:ffff::9") is not None
    assert rates.admit("forms", "2001:db8:1:3::1") is None
    assert rates.admit("forms", "::ffff:203.0.113.9") is None
    assert rates.admit("forms", ONE) is not None


async def test_a_flood_of_addresses_does_not_fill_the_memory(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    rates = process(database)
    for n in range(200):
        rates.admit("forms", f"203.0.113.{n}")
    assert len(rates._windows) <= 10  # noqa: SLF001 - what it keeps is what this is about


@pytest.mark.parametrize("text", ["many", "3", "3/fortnight", "/minute"])
def test_a_rule_that_is_none_is_refused_by_its_name(database: Database, text: str) -> None:
    with pytest.raises(SettingsError, match="DSR_LIMIT_FORMS is not usable"):
        process(database, each=text)
    with pytest.raises(SettingsError, match="DSR_LIMIT_ALL is not usable"):
        process(database, together=text)
