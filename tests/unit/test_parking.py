"""A parked message keeps what somebody asked for, and nothing that proves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.base import MAX_BODY
from schemas.parking import keepable
from tests.cast import new_id, proof_content, submission_content
from tests.fakes import Faults, MemoryBroker
from workers.adapters.parked import identity_of

CODE, TOKEN = "20481632", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"
TRACKING = "DSR-7K3M-Q9XA"
WORDS = ("submission", "proof", "withdrawal", "something")


def encoded(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


PROVING: dict[str, Any] = {
    "a proof": proof_content(TRACKING, CODE),
    "a withdrawal": {
        "schema": "dsr.withdrawal/1",
        "withdrawal_id": new_id(),
        "tracking": TRACKING,
        "code": CODE,
        "channel": "web",
    },
    "of a newer contract": {"schema": "dsr.proof/2", "tracking": TRACKING, "one_time": CODE},
    "without a schema": {"tracking": TRACKING, "code": CODE},
    "a login": {"schema": "dsr.proof/1", "tracking": TRACKING, "assertion": TOKEN},
    "a login without a schema": {"tracking": TRACKING, "assertion": TOKEN},
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("which", PROVING)
def test_nothing_that_proves_is_kept_whatever_it_came_as(which: str, word: str) -> None:
    kept = keepable(encoded(PROVING[which]), word)
    assert CODE.encode() not in kept
    assert TOKEN.encode() not in kept
    assert json.loads(kept)["tracking"] == TRACKING, "whose it was can still be seen"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("size", [1, MAX_BODY], ids=["small", "large"])
def test_a_proof_that_nobody_can_read_is_not_kept(word: str, size: int) -> None:
    cut = encoded({"schema": "dsr.proof/1", "code": CODE, "more": "x" * size})[:-1]
    assert keepable(cut, word) == b""
    nested = b'{"a":' * 5000 + b'"schema": "dsr.withdrawal/1"'
    assert keepable(nested, word) == b""


@pytest.mark.parametrize(
    "body",
    [
        encoded(submission_content()),
        encoded({"schema": "dsr.submission/1", "statement": '{"schema": "dsr.proof/1"}'}),
        b"y" * (MAX_BODY + 1),
        b"",
        b"[1, 2]",
        b"\xff\xfe",
        TOKEN.encode(),
    ],
)
def test_what_somebody_asked_for_is_kept_to_the_byte(body: bytes) -> None:
    assert keepable(body, "submission") == body
    assert keepable(body[:-1], "submission") == body[:-1]


def test_a_code_that_does_not_belong_in_a_submission_is_left_out_and_the_rest_is_kept() -> None:
    said = submission_content()
    for word in WORDS:
        assert json.loads(keepable(encoded({**said, "code": CODE}), word)) == said


def test_whoever_tries_all_codes_finds_none_in_the_id_that_a_parked_proof_has() -> None:
    body = encoded(proof_content(TRACKING, CODE))
    envelope = MemoryBroker(Faults()).envelope("dsr.dead", "dsr.intake", "proof.web", body, {})
    ours, theirs = b"n" * 32, b"m" * 32
    assert identity_of(envelope, ours) == identity_of(envelope, ours)
    assert identity_of(envelope, ours) != identity_of(envelope, theirs)
