"""What a real broker's management API tells the doctor; one broker, with the plugin, for all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest
from aio_pika.exceptions import AMQPError, ProbableAuthenticationError

from schemas.errors import DsrError, NotAllowed, Unreachable
from tests.cast import datamap
from tests.integration.doctor.managed import ManagedRabbit
from workers.adapters.broker import RabbitBroker
from workers.adapters.management_api import ManagementApi, NotThere
from workers.adapters.users import RabbitUsers
from workers.doctor import broker
from workers.doctor.finding import Finding
from workers.local.ports import Ports
from workers.privileges import Names, broker_user, roles, users
from workers.runtime.topology import topology
from workers.settings import Settings

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
async def rabbit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ManagedRabbit]:
    folder = tmp_path_factory.mktemp("managed")
    node = ManagedRabbit(folder, Ports(folder / "stack.json"))
    try:
        await node.start()
        async with asyncio.timeout(30):
            while not answers(node):  # noqa: ASYNC110 - another process's state has no event
                await asyncio.sleep(0.05)
        put(node, "vhosts/dsr%2Fhouse")
        may(node, "guest", ".*")
        put(node, "users/worker", password="p@ss", tags="")
        may(node, "worker", "^dsr", configure="^$")
        yield node
    finally:
        # Nothing of it is kept, and a kill is quicker than an end in good order.
        await node.kill()
        await node.stop()


def put(node: ManagedRabbit, place: str, **content: Any) -> None:
    httpx.put(f"{node.management_url}/api/{place}", json=content).raise_for_status()


def may(node: ManagedRabbit, user: str, pattern: str, configure: str | None = None) -> None:
    patterns = {"configure": configure or pattern, "write": pattern, "read": pattern}
    put(node, f"permissions/dsr%2Fhouse/{user}", **patterns)


def answers(node: ManagedRabbit) -> bool:
    try:
        return httpx.get(f"{node.management_url}/api/whoami").is_success
    except httpx.TransportError:
        return False


@contextmanager
def set_on(
    node: ManagedRabbit, definition: Mapping[str, Any], kind: str = "policies"
) -> Iterator[None]:
    """A policy for everything in our virtual host, for as long as this lasts."""
    place = f"{kind}/dsr%2Fhouse/house-rules"
    apply_to = "exchanges" if "alternate-exchange" in definition else "queues"
    put(node, place, pattern=".*", definition=definition, **{"apply-to": apply_to})
    try:
        yield
    finally:
        httpx.delete(f"{node.management_url}/api/{place}").raise_for_status()


def settings(node: ManagedRabbit, *, asks: str | None = None) -> Settings:
    return Settings(
        amqp_url=node.url_of("dsr/house", "worker", "p@ss"),
        amqp_management_url=asks or node.management_url,
    )


async def policies(node: ManagedRabbit) -> list[Finding]:
    findings = await broker.management(settings(node))
    return [finding for finding in findings if finding.what == "broker policies"]


@pytest.mark.parametrize("kind", ["policies", "operator-policies"])
@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({"message-ttl": 60_000}, "throws messages away that wait longer than 60000 ms"),
        ({"max-length": 10}, "throws the oldest messages away beyond 10"),
        ({"max-length-bytes": 1_000}, "throws the oldest messages away beyond 1000 bytes"),
        ({"expires": 60_000}, "deletes the queue once nobody has used it for 60000 ms"),
        ({"delivery-limit": 5}, "gives a message up that was delivered 5 times"),
    ],
)
async def test_what_a_policy_does_to_our_queues_is_told(
    rabbit: ManagedRabbit, kind: str, definition: dict[str, Any], sentence: str
) -> None:
    with set_on(rabbit, definition, kind):
        (finding,) = await policies(rabbit)
    whose = "operator policy" if kind == "operator-policies" else "policy"
    assert not finding.ok
    assert finding.detail.startswith(f"`{next(iter(definition))}` of the {whose} `house-rules`")
    assert sentence in finding.detail
    assert "dsr.registration" in finding.detail


@pytest.mark.parametrize(
    ("definition", "sentence", "fatal"),
    [
        ({"max-length": 10, "overflow": "drop-head"}, "throws the oldest", True),
        ({"max-length": 10, "overflow": "reject-publish"}, "refuse messages beyond 10", False),
        ({"dead-letter-exchange": "elsewhere"}, "leads messages away", True),
        ({"alternate-exchange": "elsewhere"}, "leads messages astray", True),
    ],
)
async def test_what_only_a_users_policy_can_do_is_told(
    rabbit: ManagedRabbit, definition: dict[str, Any], sentence: str, fatal: bool
) -> None:
    with set_on(rabbit, definition):
        (finding,) = await policies(rabbit)
    assert sentence in finding.detail
    assert finding.fatal is fatal


async def test_a_broker_without_policies_is_fine(rabbit: ManagedRabbit) -> None:
    (finding,) = await policies(rabbit)
    assert finding.ok


async def test_an_alarm_is_told_to_whoever_may_see_policies_as_long_as_it_lasts(
    rabbit: ManagedRabbit,
) -> None:
    put(rabbit, "users/watchman", password="w", tags="policymaker")
    may(rabbit, "watchman", "^dsr")
    asks = rabbit.management_url_of("watchman", "w")

    async def alarms() -> list[str]:
        findings = await broker.management(settings(rabbit, asks=asks))
        return [finding.detail for finding in findings if finding.fatal and not finding.ok]

    told = f"{rabbit.node} has too little disk space left, and takes no message"
    for limit, expected in (("1000000GB", [told]), ("50MB", [])):
        await rabbit.ctl("set_disk_free_limit", limit)
        async with asyncio.timeout(30):
            while await alarms() != expected:  # noqa: ASYNC110 - another process's state has no event
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("refusal", [NotAllowed("not you"), NotThere("too old")])
async def test_where_alarms_may_not_be_seen_the_rest_is(
    rabbit: ManagedRabbit, monkeypatch: pytest.MonkeyPatch, refusal: DsrError
) -> None:
    read = ManagementApi.read

    def without_alarms(api: ManagementApi, what: str) -> Any:
        if what == "health/checks/alarms":
            raise refusal
        return read(api, what)

    monkeypatch.setattr(ManagementApi, "read", without_alarms)
    (finding,) = await policies(rabbit)
    assert finding.ok


async def test_what_the_workers_user_may_do_is_seen_by_an_administrator(
    rabbit: ManagedRabbit,
) -> None:
    findings = await broker.management(settings(rabbit))
    said = {finding.detail: finding.fatal for finding in findings if "permissions" in finding.what}
    assert said.pop("the user `worker` may not write amq.default") is False
    (sentence,) = said
    assert sentence.startswith("the user `worker` may not configure dsr.intake")


async def test_whom_the_api_does_not_know_is_told_which_tag_is_missing(
    rabbit: ManagedRabbit,
) -> None:
    asks = rabbit.management_url_of("worker", "p%40ss")
    with pytest.raises(NotAllowed, match="`policymaker`"):
        await broker.management(settings(rabbit, asks=asks))


async def test_an_address_where_something_else_answers_is_told(rabbit: ManagedRabbit) -> None:
    for asks in (rabbit.url.replace("amqp:", "http:"), "http://127.0.0.1:9"):
        with pytest.raises(Unreachable, match="DSR_AMQP_MANAGEMENT_URL"):
            await broker.management(settings(rabbit, asks=asks))


async def test_whoever_is_no_administrator_sees_policies_but_no_permissions(
    rabbit: ManagedRabbit,
) -> None:
    put(rabbit, "users/watcher", password="w", tags="policymaker")
    may(rabbit, "watcher", "^dsr")
    asks = rabbit.management_url_of("watcher", "w")
    policies, permissions = await broker.management(settings(rabbit, asks=asks))
    assert policies.ok
    assert not permissions.fatal
    assert "`administrator`" in permissions.advice


async def test_a_ttl_takes_messages_as_the_doctor_says(rabbit: ManagedRabbit) -> None:
    async with await aio_pika.connect(rabbit.url_of("dsr/house")) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            "dsr.dead", durable=True, arguments={"x-queue-type": "quorum"}
        )
        with set_on(rabbit, {"message-ttl": 1}):
            await channel.default_exchange.publish(aio_pika.Message(b"lost"), "dsr.dead")
            async with asyncio.timeout(20):
                while (await queue.declare()).message_count:  # noqa: ASYNC110 - the broker's state
                    await asyncio.sleep(0.05)
        assert await queue.get(fail=False) is None


# --- The users that `dsr init --with-users` makes through the same API ---------------------------


async def make(node: ManagedRabbit, password: str, *, plan: bool = False) -> list[str]:
    names = Names(own="house")
    every = [broker_user(role, names) for role in roles(datamap()).values()]
    made = RabbitUsers(
        {user.name: password for user in every}, lambda hashes: users(every, hashes, "dsr/house")
    )
    return await made.tell(node.management_url, "house", plan=plan)


async def test_users_are_made_once_and_a_new_password_is_the_only_change(
    rabbit: ManagedRabbit,
) -> None:
    planned = await make(rabbit, "first", plan=True)
    assert "user house-form on RabbitMQ" in planned
    assert "routing keys of house-channel-web on RabbitMQ" in planned
    assert await make(rabbit, "first") == planned
    assert await make(rabbit, "first") == []
    put(rabbit, "users/house-nobody", password="x", tags="")
    changed = await make(rabbit, "second")
    assert "left alone: house-nobody on RabbitMQ, which no role is any more" in changed
    assert all(line.startswith(("user ", "left alone: ")) for line in changed)
    async with await aio_pika.connect(rabbit.url_of("dsr/house", "house-mailing", "second")):
        pass
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(rabbit.url_of("dsr/house", "house-mailing", "first"))
    rabbit_as = Settings(
        db="house",
        amqp_url=rabbit.url_of("dsr/house", "house-mailing", "second"),
        amqp_management_url=rabbit.management_url,
    )
    findings = await broker.management(rabbit_as)
    assert all(finding.ok for finding in findings), findings
    may(rabbit, "house-mailing", ".*")
    (wrong,) = (found for found in await broker.management(rabbit_as) if not found.ok)
    assert "something else than its role needs" in wrong.detail


async def test_whoever_is_no_administrator_makes_no_users(rabbit: ManagedRabbit) -> None:
    asks = ManagementApi(rabbit.management_url_of("worker", "p%40ss"))
    with pytest.raises(NotAllowed, match="`administrator`"):
        asks.send("definitions", {"users": []})


async def test_the_committed_definitions_are_what_init_declares_and_let_nobody_in(
    rabbit: ManagedRabbit,
) -> None:
    definitions = json.loads((ROOT / "deploy/rabbitmq/definitions.json").read_text())
    ManagementApi(rabbit.management_url).send("definitions", definitions)
    wanted = topology()
    async with RabbitBroker(rabbit.url) as ours:
        assert await ours.missing(queue.name for queue in wanted.queues) == []
        await ours.declare(wanted.exchanges, wanted.queues)  # else refused: other arguments
    for password in ("", "guest", "dsr-deletion"):
        with pytest.raises((ProbableAuthenticationError, AMQPError)):
            await aio_pika.connect(rabbit.url_of("/", "dsr-deletion", password))
