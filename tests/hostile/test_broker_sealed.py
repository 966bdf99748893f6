"""Sealed submissions: altered ones, foreign ones, and clear ones where sealed ones are required."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.messages import JOSE
from tests.attack import CANARY, parked
from tests.cast import proof_content, submission_content
from tests.world import World
from workers.adapters.intake_seal import IntakeKeys, seal
from workers.runtime.decode import MAX_TOKEN, IntakeRules

Log = pytest.LogCaptureFixture


@pytest.fixture
def keys(tmp_path: Path) -> IntakeKeys:
    return IntakeKeys.create(tmp_path / "intake")


@pytest.fixture
def strict(keys: IntakeKeys) -> IntakeRules:
    return IntakeRules(keys, require_sealed=True)


def sealed(keys: IntakeKeys, content: dict[str, object]) -> bytes:
    return seal(json.dumps(content).encode(), keys.public_jwks()["keys"][0])


async def test_a_sealed_submission_is_a_submission(keys: IntakeKeys, strict: IntakeRules) -> None:
    world = World(rules=strict)
    content = submission_content()
    world.publish(
        "submission",
        sealed(keys, content),
        content_type=JOSE,
        message_id=content["submission_id"],
    )
    await world.work()
    assert list(world.requests.documents) == [content["submission_id"]]


@pytest.mark.parametrize("word", ["submission", "proof", "withdrawal"])
async def test_in_clear_where_sealed_ones_are_required_is_parked(
    word: str, strict: IntakeRules
) -> None:
    world = World(rules=strict)
    content = submission_content() if word == "submission" else proof_content("DSR-X", "1")
    world.publish(word, content, message_id=None)
    await world.work()
    assert world.parked.reasons() == ["$ not_sealed"]


@pytest.mark.parametrize("part", range(5))
async def test_a_tampered_envelope_is_parked(part: int, keys: IntakeKeys, caplog: Log) -> None:
    token = sealed(keys, submission_content(statement=CANARY)).split(b".")
    first = token[part][:1]
    token[part] = (b"A" if first != b"A" else b"B") + token[part][1:]
    body = b".".join(token)
    rules = IntakeRules(keys)
    reasons = await parked(body, caplog, content_type=JOSE, rules=rules)
    assert reasons in {"$ seal_broken", "$ not_a_compact_jwe", "$ jwe_header_refused"}


async def test_a_seal_to_another_key_is_parked(
    keys: IntakeKeys, tmp_path: Path, caplog: Log
) -> None:
    other = IntakeKeys.create(tmp_path / "other")
    body = sealed(other, submission_content(statement=CANARY))
    reasons = await parked(body, caplog, content_type=JOSE, rules=IntakeRules(keys))
    assert reasons == "$ unknown_intake_key"


async def test_what_says_that_it_is_sealed_and_is_not_is_parked(
    keys: IntakeKeys, caplog: Log
) -> None:
    body = json.dumps(submission_content(statement=CANARY)).encode()
    reasons = await parked(body, caplog, content_type=JOSE, rules=IntakeRules(keys))
    assert reasons == "$ not_a_compact_jwe"


async def test_a_sealed_body_is_checked_like_any_other(keys: IntakeKeys, caplog: Log) -> None:
    body = sealed(keys, submission_content(subject={"email": {"$gt": ""}}))
    reasons = await parked(body, caplog, content_type=JOSE, rules=IntakeRules(keys))
    assert reasons == "$.subject.email string_type"


async def test_a_token_of_any_size_is_not_opened_beyond_the_limit(
    keys: IntakeKeys, caplog: Log
) -> None:
    body = b"a" * (MAX_TOKEN + 1)
    reasons = await parked(body, caplog, content_type=JOSE, rules=IntakeRules(keys))
    assert reasons == "$ too_large"
