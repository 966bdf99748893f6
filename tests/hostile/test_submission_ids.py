"""The same id again: the same content is the same request, other content is refused."""

from __future__ import annotations

import json

import pytest

from tests.cast import NEW_ADDRESS, OLD_ADDRESS, new_id, submission, submission_content
from tests.world import World


@pytest.mark.parametrize("times", [2, 50])
async def test_the_same_form_sent_many_times_is_one_request_and_one_answer(times: int) -> None:
    world = World()
    content = submission_content()
    for _ in range(times):
        world.publish("submission", content, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    (request_id,) = world.requests.documents
    tracking = world.request(request_id).tracking
    assert world.replies() == [{"accepted": True, "tracking": tracking}] * times
    assert world.outbound.purposes() == ["acknowledgement", "challenge"]


async def test_the_same_content_in_another_spelling_is_the_same_request() -> None:
    world = World()
    content = submission_content()
    body = json.dumps(dict(reversed(content.items())), ensure_ascii=False, indent=3).encode()
    world.publish("submission", content)
    world.publish("submission", body, message_id=content["submission_id"].upper())
    await world.work()
    assert len(world.requests.documents) == 1
    assert world.parked.messages == {}


@pytest.mark.parametrize(
    "other",
    [
        {"changes": [{"field": "home_address", "value": {**NEW_ADDRESS, "detail": "13층"}}]},
        {"requester": {"relation": "self", "email": "thief@elsewhere.example"}},
        {"submitted_at": "2026-11-23T09:00:01+09:00"},
    ],
)
async def test_other_content_under_the_same_id_is_refused_and_parked(
    other: dict[str, object],
) -> None:
    world = World()
    request = await world.submit()
    content = submission_content(submission_id=request.id, **other)
    world.publish("submission", content, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    assert world.parked.reasons() == ["$.submission_id other_content_under_this_id"]
    assert world.replies()[0]["accepted"] is False
    await world.prove(request)
    assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS


@pytest.mark.parametrize("seed", range(20))
async def test_of_two_contents_at_once_under_one_id_one_is_the_request(seed: int) -> None:
    world = World()
    one = submission(submission_id=(same := new_id()))
    two = submission(submission_id=same, changes=[{"field": "home_address", "value": OLD_ADDRESS}])
    items = await world.at_once("registration", one, two, seed=seed)
    assert len(world.requests.documents) == 1
    accepted = [item for item in items if item.reply and item.reply.accepted]
    refused = [item for item in items if item.reasons]
    assert len(accepted) == len(refused) == 1


async def test_the_legal_clock_starts_when_the_call_came_in_and_never_in_the_future() -> None:
    world = World()
    letter = await world.submit(received_at="2026-11-16T09:00:00+09:00", channel="post")
    assert letter.deadline.isoformat() == "2026-11-26T15:00:00+00:00"
    ahead = await world.submit(received_at="2027-11-23T09:00:00+09:00")
    assert (ahead.deadline - world.clock.now).days == 10
