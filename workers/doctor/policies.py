"""Which policies of the broker would drop, divert or refuse our messages. Pure.

A policy that is set for a pattern of names works on queues and exchanges that know nothing of it.
Where several fit, RabbitMQ takes the one of highest priority, a user's and an operator's each; of
two numbers (also of the queue's own) the smaller holds, and of two names the queue's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from workers.adapters.probes import Policy
from workers.doctor.finding import Finding, doubtful, fine, wrong
from workers.runtime.topology import DELIVERY_LIMIT, Queue, Topology

WHAT: Final = "broker policies"
_FOR: Final = {
    "queue": {"all", "queues", "quorum_queues"},
    "exchange": {"all", "exchanges"},
}
_NOT_FOR_QUORUM: Final = {"max-age", "max-priority", "queue-master-locator", "queue-mode"}
"""And whatever begins with `ha-`. A policy with one of these may be passed over, depending on the
version of RabbitMQ, so that the one below it holds: both are judged."""

_LOSES: Final = {
    "message-ttl": "throws messages away that wait longer than {value} ms",
    "max-length": "throws the oldest messages away beyond {value}",
    "max-length-bytes": "throws the oldest messages away beyond {value} bytes",
    "expires": "deletes the queue once nobody has used it for {value} ms",
}
_LIMITS: Final = ("max-length", "max-length-bytes")


def judge(policies: Sequence[Policy], topology: Topology) -> list[Finding]:
    """One finding for each setting of a policy that does harm, with all whom it hits."""
    usable, findings = [], []
    for policy in policies:
        try:
            re.compile(policy.pattern)
            usable.append(policy)
        except re.error:
            findings.append(
                doubtful(
                    WHAT,
                    f"the pattern of {_called(policy)} could not be read",
                    "see with `rabbitmqctl list_queues name policy` that it takes no dsr.* queue",
                )
            )
    harms: dict[tuple[bool, str, str], list[str]] = {}
    for name, harm in _harms(usable, topology):
        harms.setdefault(harm, []).append(name)
    for (loses, sentence, advice), names in harms.items():
        finding = wrong if loses else doubtful
        findings.append(finding(WHAT, f"{sentence} ({', '.join(names)})", advice))
    return findings or [fine(WHAT, f"none of {len(policies)} does harm to our queues")]


def _harms(
    policies: Sequence[Policy], topology: Topology
) -> Iterator[tuple[str, tuple[bool, str, str]]]:
    """Whom it hits, and how: whether messages are lost, a sentence, what to do."""
    for queue in topology.queues:
        applied = list(_applied(policies, queue.name, "queue"))
        overflow = {p.definition["overflow"] for p in applied if "overflow" in p.definition}
        for policy in applied:
            for setting, value in policy.definition.items():
                how = _does(setting, value, queue, refuses=overflow == {"reject-publish"})
                if how is not None:
                    loses, sentence = how
                    yield queue.name, _harm(policy, setting, sentence, loses=loses)
    for exchange in topology.exchanges:
        for policy in _applied(policies, exchange, "exchange"):
            if "alternate-exchange" in policy.definition:
                sentence = "leads messages astray that should have come back as undeliverable"
                yield exchange, _harm(policy, "alternate-exchange", sentence, loses=True)


def _does(setting: str, value: Any, queue: Queue, *, refuses: bool) -> tuple[bool, str] | None:
    """Whether a setting loses messages of this queue, and what it does; None: no harm."""
    if setting in _LIMITS and refuses:
        return False, f"makes the broker refuse messages beyond {value}"
    if setting in _LOSES:
        return True, _LOSES[setting].format(value=value)
    if setting == "delivery-limit" and 0 <= value < DELIVERY_LIMIT:
        return False, f"gives a message up that was delivered {value} times, restarts included"
    if setting == "dead-letter-exchange" and "x-dead-letter-exchange" not in queue.arguments:
        return True, "leads messages away that should be parked"
    return None


def _harm(policy: Policy, setting: str, sentence: str, *, loses: bool) -> tuple[bool, str, str]:
    return (
        loses,
        f"`{setting}` of {_called(policy)} {sentence}",
        f"take `{setting}` out of it, or give it a pattern that leaves dsr.* out",
    )


def _applied(policies: Iterable[Policy], name: str, kind: str) -> Iterator[Policy]:
    """Those that may hold for it: of equal priorities, RabbitMQ does not say which."""
    fitting = [p for p in policies if p.apply_to in _FOR[kind] and re.search(p.pattern, name)]
    for operator in (False, True):
        ours = sorted((p for p in fitting if p.operator is operator), key=_priority, reverse=True)
        for _, equals in groupby(ours, key=_priority):
            level = list(equals)
            yield from level
            if kind == "exchange" or not all(map(_passed_over, (p.definition for p in level))):
                break


def _priority(policy: Policy) -> int:
    return policy.priority


def _passed_over(definition: Mapping[str, Any]) -> bool:
    return any(key in _NOT_FOR_QUORUM or key.startswith("ha-") for key in definition)


def _called(policy: Policy) -> str:
    return f"the {'operator ' if policy.operator else ''}policy `{policy.name}`"
