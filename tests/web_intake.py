"""The way in of the pages, for tests: what they would publish is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from schemas.base import parse as parse_message
from schemas.errors import Unreachable
from schemas.submission import Proof, Submission, Withdrawal
from workers.adapters.drafts import Drafts

TRACKING = "DSR-ACEF-HJK2"


@dataclass
class Taken:
    """A way in that keeps what it was given, and says the tracking code of each submission."""

    submissions: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    tracking: str | None = TRACKING
    away: bool = False

    async def submission(self, body: bytes, patience: float) -> str | None:  # noqa: ARG002
        """Take what registration would take."""
        if self.away:
            raise Unreachable("RabbitMQ does not answer")
        parse_message(Submission, body)
        self.submissions.append(json.loads(body))
        return self.tracking

    async def proof(self, body: bytes) -> None:
        """Take what verification would take."""
        if self.away:
            raise Unreachable("RabbitMQ does not answer")
        parse_message(Proof, body)
        self.proofs.append(json.loads(body))

    async def withdrawal(self, body: bytes) -> None:
        """Take what verification would take."""
        if self.away:
            raise Unreachable("RabbitMQ does not answer")
        parse_message(Withdrawal, body)
        self.withdrawals.append(json.loads(body))


def draft_sealer() -> Drafts:
    """The one of the pages, under a key that everybody knows."""
    return Drafts(cast("Any", _Key()))


class _Key:
    def derive(self, purpose: str) -> bytes:
        """Of this one purpose."""
        return purpose.encode().ljust(32)[:32]


class NoFigures:
    """A page that Prometheus could read."""

    async def text(self) -> bytes:
        """Nothing was counted."""
        return b"# nothing\n"
