"""Which broker policies the doctor finds harmful, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from workers.adapters.probes import Permissions, Policy
from workers.doctor.broker import may
from workers.doctor.finding import Finding, version
from workers.doctor.policies import judge
from workers.runtime.topology import DELIVERY_LIMIT, topology

QUEUES = {queue.name for queue in topology().queues}


def policy(name: str = "house-rules", **definition: Any) -> Policy:
    return Policy(
        name=name,
        pattern=definition.pop("pattern", ".*"),
        apply_to=definition.pop("apply_to", "all"),
        priority=definition.pop("priority", 0),
        operator=definition.pop("operator", False),
        definition={key.replace("_", "-"): value for key, value in definition.items()},
    )


def said(*policies: Policy) -> list[Finding]:
    return [finding for finding in judge(policies, topology()) if not finding.ok]


def hit(finding: Finding) -> set[str]:
    return set(finding.detail.rpartition("(")[2].removesuffix(")").split(", "))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("message_ttl", 60_000), ("max_length", 1_000), ("max_length_bytes", 10), ("expires", 9)],
)
def test_a_policy_that_throws_messages_away_is_fatal_to_all_queues(
    setting: str, value: int
) -> None:
    definition: dict[str, Any] = {setting: value}
    (finding,) = said(policy(**definition))
    assert finding.fatal
    assert f"`{setting.replace('_', '-')}` of the policy `house-rules`" in finding.detail
    assert str(value) in finding.detail
    assert hit(finding) == QUEUES
    assert finding.advice


def test_an_operators_policy_is_called_that() -> None:
    (finding,) = said(policy(max_length=5, operator=True))
    assert "the operator policy `house-rules`" in finding.detail


def test_a_limit_that_refuses_loses_nothing() -> None:
    (finding,) = said(policy(max_length=5, overflow="reject-publish"))
    assert not finding.fatal
    assert "refuse" in finding.detail


def test_an_operators_limit_refuses_too_where_a_users_policy_says_so() -> None:
    (finding,) = said(
        policy(max_length=5, operator=True), policy("soft", overflow="reject-publish")
    )
    assert not finding.fatal


def test_what_drops_the_head_is_harmless_without_a_limit() -> None:
    assert said(policy(overflow="drop-head")) == []
    (finding,) = said(policy(overflow="drop-head", max_length=5))
    assert finding.fatal


def test_a_lower_delivery_limit_than_ours_counts_restarts() -> None:
    (finding,) = said(policy(delivery_limit=20))
    assert not finding.fatal
    assert "20 times, restarts included" in finding.detail
    assert said(policy(delivery_limit=DELIVERY_LIMIT), policy(delivery_limit=-1)) == []


def test_another_dead_letter_exchange_hits_only_the_queue_without_its_own() -> None:
    (finding,) = said(policy(dead_letter_exchange="elsewhere"))
    assert finding.fatal
    assert hit(finding) == {"dsr.dead"}


def test_an_alternate_exchange_swallows_what_should_come_back() -> None:
    (finding,) = said(policy(alternate_exchange="elsewhere"))
    assert finding.fatal
    assert hit(finding) == set(topology().exchanges)


def test_a_policy_for_others_is_none_of_ours() -> None:
    assert said(policy(pattern="^shop\\.", message_ttl=1)) == []
    assert said(policy(apply_to="streams", message_ttl=1)) == []
    assert said(policy(apply_to="queues", alternate_exchange="x")) == []
    assert said(policy(apply_to="exchanges", message_ttl=1)) == []


def test_the_policy_of_highest_priority_hides_the_others() -> None:
    assert said(policy("kind", priority=2, max_age="1D", pattern="^shop"), policy()) == []
    assert said(policy("kind", priority=2, pattern="^dsr"), policy(message_ttl=1)) == []


def test_a_policy_that_quorum_queues_pass_over_hides_nothing() -> None:
    mirrored = policy("mirrored", priority=2, ha_mode="all")
    (finding,) = said(mirrored, policy(message_ttl=1))
    assert "house-rules" in finding.detail


def test_of_equal_priorities_any_may_hold() -> None:
    assert len(said(policy("one", message_ttl=1), policy("two", max_length=1))) == 2


def test_a_pattern_that_cannot_be_read_hides_no_other() -> None:
    odd = policy("odd", pattern="(?|a)(", message_ttl=1)
    findings = said(odd, policy(message_ttl=1))
    assert [finding.fatal for finding in findings] == [False, True]
    assert "`odd` could not be read" in findings[0].detail


def test_without_harm_one_line_says_so() -> None:
    (finding,) = judge([policy(pattern="^shop")], topology())
    assert finding.ok


@pytest.mark.parametrize(
    ("allowed", "verb", "fatal"),
    [
        (Permissions(".*", ".*", "^shop"), "read", True),
        (Permissions(".*", "^amq", ".*"), "write", True),
        (Permissions(".*", "^dsr", ".*"), "write amq.default", False),
        (Permissions("", ".*", ".*"), "configure", False),
    ],
)
def test_what_the_workers_user_may_not_do_is_named(
    allowed: Permissions, verb: str, fatal: bool
) -> None:
    (finding,) = may("worker", allowed, topology())
    assert f"`worker` may not {verb}" in finding.detail
    assert (finding.ok, finding.fatal) == (False, fatal)


def test_a_user_who_may_all_is_fine_and_one_unseen_is_doubtful() -> None:
    (fine,) = may("worker", Permissions("^dsr", "^(dsr|amq.default)", "^dsr"), topology())
    assert fine.ok
    (unseen,) = may("worker", None, topology())
    assert not unseen.ok
    assert not unseen.fatal


@pytest.mark.parametrize(
    ("seen", "ok"),
    [("3.10.8", True), ("3.9.29", False), ("4.1.0-rc.1", True), ("2.8", False), ("odd", True)],
)
def test_a_server_older_than_supported_is_told(seen: str, ok: bool) -> None:
    assert version("RabbitMQ", seen, (3, 10)).ok is ok
