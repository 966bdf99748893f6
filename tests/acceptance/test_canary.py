"""What is sealed is in no file of the broker or the database, and in no log, in clear.

The files are read raw, with the database's compression off. Every search is first shown to find the
same kind of thing where it does stand in clear.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from bson import Binary

from schemas.request import SubjectRef
from tests.acceptance.files import flushed, forms, found
from tests.conftest import Names
from tests.town import Town, dsr
from workers import wiring
from workers.adapters.intake_seal import seal
from workers.local.stack import Stack


@pytest.fixture
def random() -> Random:
    seed = uuid4().int
    print(f"seed {seed}")  # noqa: T201 - to play it again
    return Random(seed)


async def publish_sealed(town: Town, content: dict[str, Any]) -> None:
    """As a channel that seals: the broker never has it in clear."""
    code, printed, _ = await dsr("keys", "intake-public", settings=town.env)
    assert code == 0
    token = seal(json.dumps(content).encode(), json.loads(printed)["keys"][0])
    await town.channel.raw(
        "submission.web",
        token,
        content_type="application/jose",
        message_id=content["submission_id"],
    )


async def test_the_search_finds_what_stands_in_clear(
    town: Town, stack: Stack, names: Names
) -> None:
    in_database, in_broker = (uuid4().hex.encode() for _ in range(2))
    await town.company["members"].update_one({"_id": 3}, {"$set": {"note": in_database.decode()}})
    await flushed(town)
    async with await aio_pika.connect(names.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            "plain", durable=True, arguments={"x-queue-type": "quorum"}
        )
        message = aio_pika.Message(in_broker, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue.name)
    assert found(stack.mongo.folder, [in_database])[in_database]
    assert found(stack.rabbit.folder, [in_broker])[in_broker]


async def test_a_sealed_field_and_a_sealed_letter_leave_no_trace_in_clear(
    town: Town, stack: Stack, random: Random
) -> None:
    old, new = (f"010-{random.randint(2000, 9999)}-{random.randint(1000, 9999)}" for _ in range(2))
    answer, statement = (f"canary{uuid4().hex}" for _ in range(2))
    async with wiring.open_parts(town.settings) as parts:
        member = dict(town.before["members"][0])
        member |= {"phones": {"mobile": old}, "_id": 1001, "email": "canary@mail.example"}
        member["login"] = {**member["login"], "id": "canary.kim"}
        ref = SubjectRef(type="member", key="1001")
        await town.company["members"].insert_many(
            await parts.subject_data.seal_documents([(ref, "members", member)])
        )
    town.before = await town.snapshot()
    await town.company["disclosures"].insert_one(
        {"member_id": 1001, "recipient": "hanbit-delivery", "items": ["mobile_phone"], "at": None}
    )
    wish = town.correction(1001, mobile_phone=new, recovery_answer=answer)
    await town.work()
    await publish_sealed(town, wish.submission(statement=statement))
    assert await town.prove(wish) == {"accepted": True}
    await town.until_completed([wish])

    member = await town.company["members"].find_one({"_id": 1001})
    assert isinstance(member["phones"]["mobile"], bytes | Binary)
    (call,) = town.recipients["hanbit-delivery"].calls
    assert call.body["fields"]["phone"].replace("-", "").endswith(new[4:].replace("-", ""))
    await flushed(town)
    words = [*forms(old), *forms(new), answer.encode(), statement.encode()]
    assert not any(found(stack.mongo.folder, words).values())
    assert not any(found(stack.rabbit.folder, words).values())
    logs = [*words, *(code.encode() for code in codes(town))]
    assert not any(found(town.folder, logs).values())


def codes(town: Town) -> list[str]:
    return [mail.code for mail in town.spool.challenges().values()]


async def test_a_code_is_in_no_file_of_the_servers(town: Town, stack: Stack) -> None:
    wish = town.correction(1, hobbies=["등산"])
    await town.work()
    await town.submit(wish)
    await town.until(lambda: bool(town.spool.challenges()), "a challenge")
    await flushed(town)
    words = [code.encode() for code in codes(town)]
    assert words
    assert not any(found(stack.mongo.folder, words).values())
    assert not any(found(stack.rabbit.folder, words).values())
