"""Answers go to reply queues alone, and to a proof they say no more than yes or no."""

from __future__ import annotations

import json

import pytest

from tests.cast import proof_content, submission_content
from tests.world import World


@pytest.mark.parametrize(
    "reply_to",
    [
        *("dsr.correction", "dsr.registration", "dsr.dead", "dsr.replyx", "dsr.reply", "", "#"),
        *("amq.rabbitmq.reply-to", " dsr.reply.a", "amq.topic", "dsr.work"),
    ],
)
async def test_a_reply_to_a_work_queue_or_any_other_is_ignored(reply_to: str) -> None:
    world = World()
    content = submission_content()
    world.publish("submission", content, reply_to=reply_to, correlation_id="1")
    await world.work()
    assert world.replies() == []
    assert len(world.requests.documents) == 1


@pytest.mark.parametrize("reply_to", ["dsr.reply.web-1", "amq.rabbitmq.reply-to.g1h2"])
async def test_a_reply_queue_gets_the_answer_with_the_correlation_id(reply_to: str) -> None:
    world = World()
    world.publish("submission", submission_content(), reply_to=reply_to, correlation_id="c-1")
    await world.work()
    (reply,) = [p for p in world.broker.published if not p.exchange]
    assert (reply.routing_key, reply.correlation_id, reply.mandatory) == (reply_to, "c-1", False)
    tracking = next(iter(world.requests.documents.values()))["tracking"]
    assert json.loads(reply.body) == {"accepted": True, "tracking": tracking}


async def test_without_a_correlation_id_nobody_waits_for_an_answer() -> None:
    world = World()
    world.publish("submission", submission_content(), reply_to="dsr.reply.a")
    await world.work()
    assert world.replies() == []


async def test_a_reply_that_cannot_be_sent_stops_nothing() -> None:
    world = World()
    world.publish("submission", submission_content(), reply_to="dsr.reply.a", correlation_id="1")
    world.broker.down = True
    await world.work()
    world.broker.down = False
    assert len(world.requests.documents) == 1
    assert not world.broker.unacked


async def test_every_proof_that_fails_gets_the_same_answer_to_the_byte() -> None:
    """No such request, nobody on file, wrong code, dead code, used code, nonsense: all one."""
    world = World()
    hers = await world.submit()
    nobodys = await world.submit(subject={"login_id": "nobody"})
    killed = await world.submit(statement="또")
    for _ in range(5):
        await world.prove(killed, world.wrong_code(killed))
    world.join("2002", login_id="member2002")
    done = await world.proven(subject={"login_id": "member2002"})
    world.broker.published.clear()
    attempts = [
        proof_content("DSR-ACEF-HJKM", "12345678"),
        proof_content("not a code at all", "12345678"),
        proof_content(nobodys.tracking, "12345678"),
        proof_content(hers.tracking, world.wrong_code(hers)),
        proof_content(hers.tracking, world.code(killed)),
        proof_content(killed.tracking, "00000000"),
        proof_content(done.tracking, world.code(done)),
        proof_content(hers.tracking, None, assertion="a.b.c"),
        proof_content(hers.tracking, "12345678", assertion="a.b.c"),
        proof_content(hers.tracking, "12\u202e"),
        {**proof_content(hers.tracking, "1"), "extra": 1},
        {**proof_content(hers.tracking, "1"), "schema": "dsr.proof/2"},
    ]
    for attempt in attempts:
        world.publish("proof", attempt, reply_to="dsr.reply.a", correlation_id="1")
    world.publish("proof", b"nonsense", reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    bodies = [p.body for p in world.broker.published if not p.exchange]
    assert len(bodies) == len(attempts) + 1
    assert set(bodies) == {b'{"accepted": false}'}
