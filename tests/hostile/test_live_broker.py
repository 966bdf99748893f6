"""Attacks on the broker, on real servers: parked once with the reason, neighbours unharmed."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aiormq import spec

from schemas.review import Role
from tests.conftest import Vhosts
from tests.town import Town, dsr, open_town
from tests.town.company import new_address
from tests.town.place import at
from workers.local.stack import Stack

pytestmark = pytest.mark.timeout(240)

HUGE = 20 * 1024 * 1024
MEMBERS = 39
NOON = "2026-11-22T12:00:00+09:00"
HAN = ("--by", "han")


@pytest.fixture(scope="module")
async def house(
    stack: Stack, vhosts: Vhosts, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """One town and one worker for all attacks: what they leave behind must hurt nobody."""
    where = at(stack, await vhosts.take())
    settings = {"DSR_CHANNEL_USERS": "post=intake-post"}
    folder = tmp_path_factory.mktemp("town")
    async with open_town(folder, where, members=MEMBERS, settings=settings) as made:
        await made.work()
        await made.staff(han=Role.REVIEWER)
        yield made


@pytest.fixture
async def town(house: Town) -> AsyncIterator[Town]:
    """The same, with a neighbour who wants something right after the attack, and gets it."""
    yield house
    wish = house.correction(len(house.corrections) + 1, home_address=new_address(1))
    await house.submit(wish)
    await house.prove(wish)
    await house.until_completed([wish])
    assert house.workers[-1].alive
    assert "Traceback" not in house.workers[-1].said()


async def parked(town: Town, **origin: str) -> list[dict[str, Any]]:
    """What was parked from there."""
    wanted = {f"origin.{name}": value for name, value in origin.items()}
    return [dict(row) async for row in town.ours["parked"].find(wanted)]


async def parked_once(town: Town, message_id: str) -> dict[str, Any]:
    """The one parked message of this id, waited for."""

    async def there() -> bool:
        return bool(await parked(town, message_id=message_id))

    await town.until(there, "a parked message")
    (found,) = await parked(town, message_id=message_id)
    return found


def submission(**other: Any) -> dict[str, Any]:
    """What an honest channel would publish, with the attack put into it."""
    return {
        "schema": "dsr.submission/1",
        "submission_id": str(uuid4()),
        "channel": "web",
        "submitted_at": "2026-11-22T09:00:00+09:00",
        "kind": "correction",
        "language": "ko",
        "requester": {"relation": "self"},
        "subject": {"login_id": "minji.kim"},
        "changes": [{"field": "hobbies", "value": ["등산"]}],
        **other,
    }


def encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


BODIES = {
    "not_json": b"{not json",
    "0_bytes": b"",
    "an_array": b"[]",
    "20_mb": b'{"schema": "dsr.submission/1", "statement": "' + b"x" * HUGE + b'"}',
    "unknown_schema": encoded(submission(schema="nobodys.schema/1")),
    "newer_schema_of_the_outside_contract": encoded(submission(schema="dsr.submission/2")),
    "a_value_that_is_an_operator": encoded(
        submission(changes=[{"field": "hobbies", "value": {"$gt": ""}}])
    ),
    "a_field_that_is_a_path": encoded(
        submission(changes=[{"field": "acct.is_admin", "value": "1"}])
    ),
    "a_lone_surrogate": encoded(submission(statement="\ud800")),
    "5000_levels": b'{"a":' * 5000 + b"1" + b"}" * 5000,
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body_is_parked_once_with_a_reason(town: Town, name: str) -> None:
    message_id = str(uuid4())
    await town.channel.raw("submission.web", BODIES[name], message_id=message_id)
    found = await parked_once(town, message_id)
    assert found["reasons"]
    assert found["origin"]["size"] == len(BODIES[name])
    assert await town.ours["requests"].find_one({"_id": message_id}) is None


def table(*entries: bytes) -> bytes:
    """Headers, as AMQP writes them."""
    return len(b"".join(entries)).to_bytes(4, "big") + b"".join(entries)


PROPERTIES = {
    "a_time_in_microseconds": b"\x00\x40" + (10**15).to_bytes(8, "big"),
    "a_time_beyond_all_times": b"\x00\x40" + b"\xff" * 8,
    "an_id_that_is_no_text": b"\x00\x80" + b"\x02\xff\xfe",
    "a_type_that_is_no_text": b"\x80\x00" + b"\x02\xff\xfe",
    "a_header_with_such_a_time": b"\x20\x00" + table(b"\x01aT" + b"\xff" * 8),
    "a_header_whose_name_is_no_text": b"\x20\x00" + table(b"\x01\xfft\x01"),
    "tables_in_tables": b"\x20\x00" + functools.reduce(
        lambda inner, _: table(b"\x01aF" + inner), range(5000), table()
    ),
}  # fmt: skip


class Raw(spec.Basic.Properties):
    """These bytes in place of properties."""

    __slots__ = ("said",)

    def __init__(self, said: bytes) -> None:
        super().__init__()
        self.said = said

    def marshal(self) -> bytes:
        return self.said


@pytest.mark.parametrize("name", PROPERTIES)
async def test_properties_that_nobody_can_read_are_not_read(town: Town, name: str) -> None:
    """The driver reads them where it reads for all queues: one message would stop every stage."""
    body = name.encode().ljust(100 + list(PROPERTIES).index(name))
    async with await aio_pika.connect(town.env["DSR_AMQP_URL"]) as connection:
        channel = await (await connection.channel()).get_underlay_channel()
        for _ in range(2):
            await channel.basic_publish(
                body, exchange="dsr.intake", routing_key="submission.web",
                properties=Raw(PROPERTIES[name]),
            )  # fmt: skip

    async def there() -> bool:
        row = {"origin.size": len(body), "times": 2}
        return bool(await town.ours["parked"].find_one(row))

    await town.until(there, "both, parked as one")


async def test_a_huge_message_is_kept_whole(town: Town) -> None:
    message_id = str(uuid4())
    huge = b"y" * HUGE
    await town.channel.raw("submission.web", huge, message_id=message_id)
    found = await parked_once(town, message_id)
    body = town.folder / "huge.json"
    code, _, said = await town.dsr(
        "dead", "retry", found["_id"], "--save", str(body), "--by", "han"
    )
    assert code == 0, said
    assert body.read_bytes() == huge


async def test_a_forged_channel_is_parked(town: Town) -> None:
    content = submission(channel="phone")
    await town.channel.raw("submission.web", encoded(content), message_id=content["submission_id"])
    found = await parked_once(town, content["submission_id"])
    assert found["reasons"] == [{"path": "$.channel", "reason": "disagrees_with_routing_key"}]


async def test_another_channels_broker_user_is_parked(town: Town, stack: Stack) -> None:
    content = submission(channel="post")
    vhost = town.env["DSR_AMQP_URL"].rpartition("/")[2]
    user = f"mallory-{uuid4().hex[:8]}"
    await stack.rabbit.ctl("add_user", user, "secret")
    await stack.rabbit.ctl("set_permissions", "--vhost", vhost, user, "^$", ".*", ".*")
    async with await aio_pika.connect(stack.rabbit.url_of(vhost, user, "secret")) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("dsr.intake", ensure=False)
        message = aio_pika.Message(
            encoded(content), message_id=content["submission_id"], user_id=user
        )
        await exchange.publish(message, "submission.post")
    found = await parked_once(town, content["submission_id"])
    assert found["reasons"] == [{"path": "$.channel", "reason": "disagrees_with_broker_user"}]


async def test_a_broker_user_cannot_claim_another_ones_name(town: Town) -> None:
    content = submission(channel="post")
    with pytest.raises(aio_pika.exceptions.AMQPError):
        await town.channel.raw("submission.post", encoded(content), user_id="intake-post")


async def test_a_forged_command_is_parked_and_moves_nothing(town: Town) -> None:
    """`dsr.work` belongs to the outbox; whoever gets in there still cannot name a step."""
    for body in (b'{"items": []}', b"\x00\xff", b'{"schema": "dsr.work/1", "items": [{}]}'):
        message_id = str(uuid4())
        await town.channel.raw("correction", body, exchange="dsr.work", message_id=message_id)
        assert (await parked_once(town, message_id))["reasons"]


async def test_a_command_for_a_step_that_is_not_open_has_no_effect(town: Town) -> None:
    wish = town.correction(len(town.corrections) + 1, hobbies=["등산"])
    await town.submit(wish)
    forged = {"schema": "dsr.work/1", "items": [{"request": wish.id, "step": "correction"}]}
    for _ in range(5):
        await town.channel.raw("correction", encoded(forged), exchange="dsr.work")
    await town.prove(wish)
    await town.until_completed([wish])
    done = await town.company["dsr_subjects"].find_one({f"slots.{wish.id}": {"$exists": True}})
    assert done["seq"] == 1


async def test_a_reply_to_a_work_queue_is_ignored(town: Town) -> None:
    """An answer that landed in a queue of ours would be a message that we never sent."""
    content = submission(changes=[{"field": "no_such_field", "value": "x"}])
    await town.channel.raw(
        "submission.web",
        encoded(content),
        message_id=content["submission_id"],
        reply_to="dsr.correction",
        correlation_id="1",
    )
    await parked_once(town, content["submission_id"])
    assert not await parked(town, queue="dsr.correction", exchange="")


async def test_the_same_submission_fifty_times_at_once_is_one_request(town: Town) -> None:
    wish = town.correction(len(town.corrections) + 1, hobbies=["등산"])
    sent = await town.channel.submit_all([wish.submission(submitted_at=NOON)] * 50)
    answers = await asyncio.gather(*map(town.channel.answer, sent))
    assert len({answer["tracking"] for answer in answers}) == 1
    assert all(answer["accepted"] for answer in answers)
    assert await town.ours["requests"].count_documents({"_id": wish.id}) == 1
    await town.prove(wish)
    await town.until_completed([wish])
    assert len(town.spool.of(wish.id)) == 3


async def test_another_body_under_the_same_id_is_refused_and_parked(town: Town) -> None:
    wish = town.correction(len(town.corrections) + 1, hobbies=["등산"])
    (tracking,) = await town.submit(wish)
    other = wish.submission(changes=[{"field": "hobbies", "value": ["도박"]}])
    answer = await town.channel.answer(await town.channel.submit(other))
    assert answer == {
        "accepted": False,
        "errors": [{"path": "$.submission_id", "reason": "other_content_under_this_id"}],
    }
    assert await parked_once(town, wish.id)
    assert (await town.request(wish))["tracking"] == tracking
    await town.prove(wish)
    await town.until_completed([wish])
    member = await town.company["members"].find_one({"_id": wish.key})
    assert member["profile"]["hobbies"] == ["등산"]


@pytest.mark.parametrize("command", ["worker", "mailbox", "doctor"])
async def test_an_address_that_is_none_is_said_in_one_sentence(town: Town, command: str) -> None:
    settings = {**town.env, "DSR_AMQP_URL": "garbage", "DSR_IMAP_URL": "imap://u:p@127.0.0.1:1"}
    code, out, said = await dsr(command, settings=settings)
    assert code == 1
    assert "DSR_AMQP_URL is not an address of RabbitMQ" in out + said
    assert "ValueError" not in out + said
    assert command == "doctor" or said.count("\n") == 1
