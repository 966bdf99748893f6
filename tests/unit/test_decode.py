"""From an envelope to messages, refusals, or patience."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.errors import PutOff, Refused
from schemas.messages import INTAKE, WORK, Do
from schemas.submission import Proof, Submission, Withdrawal
from tests.cast import new_id, proof_content, submission_content
from tests.fakes import Faults, MemoryBroker, NothingSealed
from workers.adapters.tokens import Tokens
from workers.pipeline import STATIONS
from workers.ports import Envelope
from workers.runtime.decode import IntakeRules, decode

RULES = IntakeRules(NothingSealed())


def envelope(exchange: str, key: str, content: Any, **properties: Any) -> Envelope:
    broker = MemoryBroker(Faults())
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return broker.envelope("dsr.any", exchange, key, body, properties)


def test_a_submission_is_decoded_at_registration() -> None:
    content = submission_content()
    (message,) = decode(
        envelope(INTAKE, "submission.web", content), STATIONS["registration"], RULES
    )
    assert isinstance(message, Submission)
    assert message.submission_id == content["submission_id"]


def test_proofs_and_withdrawals_are_decoded_at_verification() -> None:
    proof = proof_content("DSR-ACEF-HJKM", "12345678")
    withdrawal = {
        **{name: value for name, value in proof.items() if name != "proof_id"},
        "schema": "dsr.withdrawal/1",
        "withdrawal_id": new_id(),
    }
    station = STATIONS["verification"]
    (first,) = decode(envelope(INTAKE, "proof.web", proof), station, RULES)
    (second,) = decode(envelope(INTAKE, "withdrawal.web", withdrawal), station, RULES)
    assert isinstance(first, Proof) and isinstance(second, Withdrawal)


@pytest.mark.parametrize("key", ["submission.web", "", "proof", "nonsense.web"])
def test_what_no_routing_key_of_the_stage_announces_is_refused(key: str) -> None:
    proof = proof_content("DSR-ACEF-HJKM", "12345678")
    with pytest.raises(Refused):
        decode(envelope(INTAKE, key, proof), STATIONS["verification"], RULES)


def test_commands_keep_their_order() -> None:
    items = [{"request": new_id(), "step": "correction"} for _ in range(64)]
    body = {"schema": "dsr.work/1", "items": items}
    messages = decode(envelope(WORK, "correction", body), STATIONS["correction"], RULES)
    assert messages == [Do(item["request"], "correction") for item in items]


def test_our_own_messages_may_have_keys_that_this_version_does_not_know() -> None:
    item = {"request": "r", "step": "correction", "since": 3}
    body = {"schema": "dsr.work/1", "items": [item], "traced": True}
    messages = decode(envelope(WORK, "correction", body), STATIONS["correction"], RULES)
    assert messages == [Do("r", "correction")]


@pytest.mark.parametrize("version", ["2", "10", "11", "1.1"])
def test_a_newer_version_of_our_own_messages_is_put_off_and_never_parked(version: str) -> None:
    body = {"schema": f"dsr.work/{version}", "batch": {"step": "correction"}}
    with pytest.raises(PutOff):
        decode(envelope(WORK, "correction", body), STATIONS["correction"], RULES)


@pytest.mark.parametrize("typed", ["dsr-{}-{}", "DSR{}{}", " Dsr－{} {} "])
def test_a_tracking_code_means_the_same_however_it_was_typed(typed: str) -> None:
    code = Tokens.tracking()
    _, left, right = code.split("-")
    content = proof_content(typed.format(left.lower(), right), "1")
    (message,) = decode(envelope(INTAKE, "proof.web", content), STATIONS["verification"], RULES)
    assert isinstance(message, Proof)
    assert message.tracking == code


def test_an_id_is_the_same_in_capitals() -> None:
    content = submission_content(submission_id="0193ABCD-0000-7000-8000-00000000ABCD")
    (message,) = decode(
        envelope(INTAKE, "submission.web", content, message_id=content["submission_id"]),
        STATIONS["registration"],
        RULES,
    )
    assert isinstance(message, Submission)
    assert message.submission_id == "0193abcd-0000-7000-8000-00000000abcd"


def test_reasons_name_schema_paths_and_never_values() -> None:
    content = submission_content(kind="비밀", subject={"email": "비밀", "비밀": "비밀"})
    with pytest.raises(Refused) as refused:
        decode(envelope(INTAKE, "submission.web", content), STATIONS["registration"], RULES)
    assert "비밀" not in str(refused.value) + repr(refused.value.reasons)
    assert {reason.path for reason in refused.value.reasons} == {
        "$.kind",
        "$.subject",
        "$.subject.email",
    }
