"""What a receipt says of the log is checked with the public key alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from schemas.audit_log import LogProof
from schemas.errors import NotVerified
from schemas.lifecycle import Status
from tests.evidence import SIGNER, in_log, receipt
from workers.adapters.audit_log import check_proof
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyFolder

PROOF = in_log()
ANOTHER = base64.b64encode(bytes(32)).decode()


def refusal(proof: LogProof, **other: Any) -> str:
    with pytest.raises(NotVerified) as caught:
        check_proof(receipt(log=proof, **other), SIGNER.public_key)
    return caught.value.code


def test_the_entry_is_in_the_log_of_the_checkpoint() -> None:
    check_proof(receipt(), SIGNER.public_key)


@pytest.mark.parametrize(
    "changed",
    [
        {"entry": PROOF.entry.model_copy(update={"by": "desk:nobody"})},
        {"entry": PROOF.entry.model_copy(update={"request": "another"})},
        {"entry": PROOF.entry.model_copy(update={"status": Status.APPLIED})},
        {"leaf": 5},
        {"leaf": 7},
        {"path": PROOF.path[:-1]},
        {"path": (*PROOF.path[:-1], ANOTHER)},
        {"path": ("###", *PROOF.path[1:])},
    ],
)
def test_another_entry_place_or_way_proves_nothing(changed: dict[str, Any]) -> None:
    assert refusal(PROOF.model_copy(update=changed)) == "not_in_log"


def test_an_entry_of_another_request_proves_nothing_of_this_one() -> None:
    assert refusal(PROOF, id="another") == "not_in_log"


def test_an_entry_of_another_status_does_not_prove_this_one() -> None:
    assert refusal(PROOF, status=Status.APPLIED) == "not_in_log"


def test_a_checkpoint_that_nobody_signed_proves_nothing() -> None:
    text, _, _ = PROOF.checkpoint.partition("\n\n")
    altered = PROOF.checkpoint.replace("\n7\n", "\n8\n")
    for checkpoint in (text, altered, ""):
        code = refusal(PROOF.model_copy(update={"checkpoint": checkpoint}))
        assert code == "checkpoint_not_signed"


def test_the_log_of_another_key_proves_nothing() -> None:
    other = Signer(KeyFolder(b"\x02" * 32, {1: b"\x01" * 32}))
    assert refusal(in_log(other)) == "checkpoint_not_signed"
