"""A genuine token of the right person, given for something else than what is asked."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from schemas.lifecycle import Status
from tests.cast import NEW_ADDRESS, said, submission, submission_content
from tests.world import World

OTHERS: dict[str, dict[str, Any]] = {
    "another value": {
        "changes": [{"field": "home_address", "value": {**NEW_ADDRESS, "detail": "13층"}}]
    },
    "another kind": {"kind": "deletion", "changes": None},
    "another requester": {"requester": {"relation": "self", "email": "thief@elsewhere.example"}},
    "another id": {"submission_id": "00000000-0000-4000-8000-000000000000"},
    "another time": {"submitted_at": "2026-11-23T09:00:00.001+09:00"},
    "one more word": {"statement": "빨리요"},
}


@pytest.mark.parametrize("other", OTHERS)
async def test_a_token_for_other_content_changes_nothing_and_is_no_try(other: str) -> None:
    world = World()
    content = submission_content()
    world.publish("submission", content)
    await world.work()
    request = world.request(content["submission_id"])
    before = world.requests.documents[request.id]
    token = world.login.says(
        said(submission_content(**{**content, **OTHERS[other]})), world.clock.now
    )
    for _ in range(9):
        world.publish_assertion(request, token, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    assert world.replies() == [{"accepted": False}] * 9
    assert world.requests.documents[request.id] == before
    await world.prove(request)
    assert world.request(request.id).status is Status.COMPLETED


@pytest.mark.parametrize("digest", [None, "", 7, "é", hashlib.sha256().hexdigest()])
async def test_a_token_without_the_digest_proves_nothing(digest: object) -> None:
    world = World()
    content = submission_content()
    world.publish("submission", content)
    await world.work()
    request = world.request(content["submission_id"])
    token = world.login.says(said(content), world.clock.now, submission_digest=digest)
    world.publish_assertion(request, token)
    await world.work()
    assert world.request(request.id).status is Status.AWAITING_PROOF


def test_the_digest_that_a_channel_computes_is_not_the_one_that_is_stored() -> None:
    """Stored is a keyed one: whoever reads our database cannot guess at what was asked."""
    world = World()
    wish = submission()
    stored = world.tokens.digest(wish.canonical())
    assert wish.public_digest() not in stored
    assert hashlib.sha256(wish.canonical()).hexdigest() != stored
