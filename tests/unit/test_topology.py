"""What must stand on the broker follows from the pipeline; no name is typed twice."""

from __future__ import annotations

import pytest

from schemas.messages import EVENTS, INTAKE, WORK
from schemas.steps import STEPS, stage_of
from workers.pipeline import PIPELINE, STATIONS
from workers.runtime.topology import DEAD, DELIVERY_LIMIT, queue_name, topology, work_key


def test_the_exchanges_are_those_of_the_contract() -> None:
    assert topology().exchanges == ("dsr.intake", "dsr.work", "dsr.events", "dsr.acks")


def test_every_stage_that_listens_has_one_durable_quorum_queue() -> None:
    listening = [queue_name(station) for station in PIPELINE if station.listens]
    assert [queue.name for queue in topology().queues] == [DEAD, *listening]
    assert {queue.arguments["x-queue-type"] for queue in topology().queues} == {"quorum"}


def test_what_the_broker_gives_up_goes_to_the_dead_and_restarts_alone_never_reach_the_limit() -> (
    None
):
    for queue in topology().queues:
        assert queue.arguments["x-delivery-limit"] == DELIVERY_LIMIT >= 10**6
        if queue.name != DEAD:
            assert queue.arguments["x-dead-letter-exchange"] == ""
            assert queue.arguments["x-dead-letter-routing-key"] == DEAD


def test_each_kind_of_message_from_channels_has_exactly_one_queue() -> None:
    bound = [
        key for queue in topology().queues for exchange, key in queue.bindings if exchange == INTAKE
    ]
    assert sorted(bound) == ["proof.*", "submission.*", "withdrawal.*"]


@pytest.mark.parametrize("step", STEPS)
def test_the_command_of_every_step_has_a_queue_or_is_sent_to_nobody(step: str) -> None:
    station = STATIONS[stage_of(step)]
    bound = {binding for queue in topology().queues for binding in queue.bindings}
    assert ((WORK, work_key(step)) in bound) == station.listens


def test_a_step_with_a_part_belongs_to_the_stage_of_its_kind() -> None:
    assert stage_of("notice:hanbit-delivery") == stage_of("notice") == "propagation"
    assert stage_of("mail:challenge-1") == "mailing"


def test_nobody_of_ours_listens_to_events() -> None:
    assert not any(exchange == EVENTS for q in topology().queues for exchange, _ in q.bindings)


def test_a_stage_that_joins_waits_for_nobody_and_so_concludes_nothing() -> None:
    assert [station.name for station in PIPELINE if station.joins] == ["completion"]
    assert all(station.conclude is None for station in PIPELINE if station.joins)
