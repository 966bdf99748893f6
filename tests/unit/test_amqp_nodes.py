"""One address or several: whoever loses a node goes on with the next."""

from __future__ import annotations

import asyncio
from typing import Any

import aio_pika
import pytest

from schemas.errors import SettingsError, Unreachable
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_nodes import Nodes

ONE, TWO, THREE = (f"amqp://dsr:p%40ss@{host}/house" for host in ("one", "two", "three"))
CLUSTER = f"{ONE},{TWO}, {THREE}"


class Connected:
    """A connection that stands until it is lost."""

    def __init__(self) -> None:
        self.is_closed = False
        self.connected = self
        self.lost = False
        self.broken = False

    def is_set(self) -> bool:
        return not self.lost

    async def channel(self, **_: Any) -> Connected:
        if self.broken:
            raise asyncio.CancelledError  # as the driver does, not as we would
        return self

    async def close(self) -> None:
        self.is_closed = True


class Brokers:
    """Which nodes answer, and which were asked."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.asked: list[str] = []

    async def connect(self, url: str, **_: Any) -> Connected:
        self.asked.append(url)
        if url in self.away:
            raise ConnectionRefusedError
        return Connected()


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    made = Brokers()
    monkeypatch.setattr(aio_pika, "connect", made.connect)
    monkeypatch.setattr("os.getpid", lambda: 3)
    return made


async def test_a_node_that_is_away_is_passed_over(brokers: Brokers) -> None:
    brokers.away = {ONE, TWO}
    await Nodes(CLUSTER).connect()
    assert brokers.asked == [ONE, TWO, THREE]


async def test_each_node_is_asked_once_before_it_is_given_up(brokers: Brokers) -> None:
    brokers.away = {ONE, TWO, THREE}
    with pytest.raises(Unreachable):
        await Link(CLUSTER, "a test").connection()
    assert brokers.asked == [ONE, TWO, THREE]


async def test_what_was_lost_is_not_asked_first_again(brokers: Brokers) -> None:
    link = Link(CLUSTER, "a test")
    lost: Any = await link.connection()
    again: Any = await link.connection()
    assert again is lost
    lost.lost = True
    await link.connection()
    assert brokers.asked == [ONE, TWO]
    assert lost.is_closed, "else its end is left to the collector of garbage"


async def test_a_connection_that_gives_no_channel_is_dropped_whatever_it_says(
    brokers: Brokers,
) -> None:
    link = Link(CLUSTER, "a test")
    broken: Any = await link.connection()
    broken.broken = True
    with pytest.raises(Unreachable):
        await link.channel()
    assert broken.is_closed
    await link.channel()
    assert brokers.asked == [ONE, TWO]


async def test_a_lone_server_is_asked_again(brokers: Brokers) -> None:
    link = Link(ONE, "a test")
    lost: Any = await link.connection()
    lost.lost = True
    await link.connection()
    assert brokers.asked == [ONE, ONE]


def test_processes_begin_at_different_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    firsts = []
    for pid in (6, 7, 8):
        monkeypatch.setattr("os.getpid", lambda pid=pid: pid)
        firsts.append(Nodes(CLUSTER)._first)  # noqa: SLF001 - nothing else shows it without a broker
    assert firsts == [0, 1, 2]


def test_a_comma_in_a_password_separates_nothing() -> None:
    nodes = Nodes("amqp://dsr:a,b@one/house,amqps://dsr:a,b@two/house")
    assert (nodes.user, nodes.vhost) == ("dsr", "house")


@pytest.mark.parametrize("other", ["amqp://web:p@two/house", "amqp://dsr:p@two/other"])
def test_nodes_are_of_one_cluster(other: str) -> None:
    with pytest.raises(SettingsError, match="one cluster"):
        Nodes(f"{ONE},{other}")
