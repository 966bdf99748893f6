"""RabbitMQ: does it answer, do our queues stand, may we use them, does anything stop them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from schemas.messages import EVENTS, WORK
from workers.adapters import probes
from workers.doctor import policies
from workers.doctor.finding import Finding, doubtful, fine, version, wrong
from workers.privileges import broker_user, roles
from workers.runtime.topology import Topology, topology
from workers.settings import Settings
from workers.wiring import names_of, read_datamap

WHAT = "RabbitMQ"
LEAST = (3, 10)
DEFAULT_EXCHANGE = "amq.default"
"""What permissions call it."""


async def broker(settings: Settings) -> list[Finding]:
    """What every client sees."""
    seen = await probes.broker(settings.amqp_url, [queue.name for queue in topology().queues])
    findings = [version(WHAT, seen.version, LEAST)]
    findings += [wrong(WHAT, f"queue {name} is missing", "run `dsr init`") for name in seen.missing]
    findings += [
        doubtful(
            WHAT,
            f"{count} messages wait in {name} and nobody consumes them",
            "start `dsr worker`, or look at its log",
        )
        for name, count in seen.unattended.items()
    ]
    return findings


async def management(settings: Settings) -> list[Finding]:
    """What only the management API shows: alarms, policies, and permissions."""
    if not settings.amqp_management_url:
        return [
            doubtful(
                policies.WHAT,
                "not looked at: only RabbitMQ's management API shows them",
                "enable the plugin rabbitmq_management and set DSR_AMQP_MANAGEMENT_URL to"
                " http://user:password@host:15672",
            )
        ]
    vhost, user = probes.place_of(settings.amqp_url)
    seen = await probes.management(settings.amqp_management_url, vhost, user)
    return [
        *map(_alarming, seen.alarms),
        *policies.judge(seen.policies, topology()),
        *(_as_role(settings, user, seen.permissions) or may(user, seen.permissions, topology())),
    ]


def _alarming(alarm: probes.Alarm) -> Finding:
    return wrong(
        WHAT,
        f"{alarm.node} has too little {alarm.resource} left, and takes no message",
        "make room, or set its limit lower; workers and channels go on by themselves",
    )


def _as_role(settings: Settings, user: str, allowed: probes.Permissions | None) -> list[Finding]:
    """Whether a user that is a role's may do what the table says; nothing where it is none's."""
    what = "broker permissions"
    every = roles(read_datamap(settings)).values()
    wanted = next(
        (u for r in every if (u := broker_user(r, names_of(settings))).name == user), None
    )
    if wanted is None or allowed is None:
        return []
    if allowed == probes.Permissions(wanted.configure, wanted.write, wanted.read):
        return [fine(what, f"the user `{user}` may do what its role needs, and no more")]
    return [
        wrong(
            what,
            f"the user `{user}` may do something else than its role needs",
            "run `dsr init --with-users` again, as it was run before",
        )
    ]


def may(user: str, allowed: probes.Permissions | None, wanted: Topology) -> list[Finding]:
    """Whether the workers' user may do what workers do, and what `dsr init` does."""
    what = "broker permissions"
    if allowed is None:
        return [
            doubtful(
                what,
                f"not looked at: the management API does not show what `{user}` may do",
                "give the user of DSR_AMQP_MANAGEMENT_URL the tag `administrator`, or see"
                f" `rabbitmqctl list_user_permissions {user}`",
            )
        ]
    queues = [queue.name for queue in wanted.queues]
    everything = [*wanted.exchanges, *queues]
    needs = (
        ("read", allowed.read, queues, wrong),
        ("write", allowed.write, [WORK, EVENTS], wrong),
        ("write", allowed.write, [DEFAULT_EXCHANGE], doubtful),
        ("configure", allowed.configure, everything, doubtful),
    )
    why = {
        "configure": "`dsr init` needs it; workers do not",
        DEFAULT_EXCHANGE: "channels get no answers without it",
    }
    findings = []
    for verb, pattern, names, finding in needs:
        if lacking := _lacking(pattern, names):
            reason = why.get(verb) or why.get(lacking[0])
            findings.append(
                finding(
                    what,
                    f"the user `{user}` may not {verb} {', '.join(lacking)}",
                    f"let it with `rabbitmqctl set_permissions`{f' ({reason})' if reason else ''}",
                )
            )
    return findings or [fine(what, f"the user `{user}` may do all that workers do")]


def _lacking(pattern: str, names: Iterable[str]) -> list[str]:
    try:
        # An empty pattern allows nothing.
        return [name for name in names if not pattern or not re.search(pattern, name)]
    except re.error:
        return []
