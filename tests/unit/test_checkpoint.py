"""The text of a checkpoint has one spelling, as what is signed must have."""

from __future__ import annotations

import base64

import pytest

from schemas.audit_log import Checkpoint
from schemas.errors import NotVerified

ROOT = base64.b64encode(b"\x07" * 32).decode()


def test_what_is_written_is_read() -> None:
    checkpoint = Checkpoint(origin="dsr-audit/k", size=15, root=b"\x07" * 32)
    assert checkpoint.text() == f"dsr-audit/k\n15\n{ROOT}\n"
    assert Checkpoint.read(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        f"log\n+15\n{ROOT}\n",
        f"log\n015\n{ROOT}\n",
        f"log\n1_5\n{ROOT}\n",
        f"log\n15\n{ROOT}",
        f"log\n15\n{ROOT}\nmore\n",
        f"log\n15\n{ROOT[:-1]}\n",
        "log\n15\n###\n",
        f"log\nfifteen\n{ROOT}\n",
        f"log\n{'9' * 5000}\n{ROOT}\n",
        "log\n15\n",
        "",
    ],
)
def test_another_spelling_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NotVerified):
        Checkpoint.read(text)
