"""Signed notes: those of others are read, and whatever was changed is not."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.errors import NotVerified
from workers.adapters.notes import read_note, sign_note
from workers.adapters.signing import PublicKey, Signer
from workers.adapters.vault import KeyFolder

SIGNER = Signer(KeyFolder(bytes(32), {1: b"\x01" * 32}))
KEY = SIGNER.public_key
TEXT = "dsr-audit/test\n3\nAAAA\n"
NOTE = sign_note(TEXT, "dsr-audit/test", SIGNER)

NEUMANN = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
SAYING = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def test_the_example_of_the_format_is_read() -> None:
    key = PublicKey(Ed25519PublicKey.from_public_bytes(NEUMANN))
    note = f"{SAYING}\n— PeterNeumann {SIGNATURE}\n"
    assert read_note(note, "PeterNeumann", key) == SAYING


def test_ours_is_read_with_its_key_and_beside_a_witness() -> None:
    assert read_note(NOTE, "dsr-audit/test", KEY) == TEXT
    head, _, signature = NOTE.rpartition("\n\n")
    assert read_note(f"{head}\n\n— witness AAAAAAAA\n{signature}", "dsr-audit/test", KEY) == TEXT


@pytest.mark.parametrize(
    "note",
    [
        NOTE.replace("\n3\n", "\n4\n"),
        NOTE.replace("— dsr-audit/test", "— dsr-audit/tess"),
        NOTE.replace("— ", "- "),
        f"more\n{NOTE}",
        NOTE[:-6] + "AAA=\n",
        NOTE.replace("\n\n", "\n"),
        TEXT,
        "",
        "\n\n— dsr-audit/test ###\n",
    ],
)
def test_what_was_changed_is_not_read(note: str) -> None:
    with pytest.raises(NotVerified):
        read_note(note, "dsr-audit/test", KEY)


def test_another_key_has_not_signed_it() -> None:
    other = Signer(KeyFolder(b"\x02" * 32, {1: b"\x01" * 32})).public_key
    with pytest.raises(NotVerified):
        read_note(NOTE, "dsr-audit/test", other)
