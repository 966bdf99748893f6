"""What the notary reads of a request, and the completion receipt that follows from it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from schemas.audit_log import LogEntry, LogProof
from schemas.base import Ours
from schemas.datamap.base import Label
from schemas.evidence import CompletionReceipt, FieldDone, RecipientTold
from schemas.lifecycle import Entry, Status
from schemas.notice import Notice
from schemas.request import FieldResult, Lifting
from schemas.submission import Kind


class Logged(Ours):
    """A request with transitions that the log may lack."""

    id: str = Field(alias="_id")
    version: int
    tracking: str
    kind: Kind
    status: Status
    received_at: datetime
    results: dict[str, FieldResult] = Field(default_factory=dict)
    notices: dict[str, Notice] = Field(default_factory=dict)
    lifting: Lifting | None = None
    rule: str | None = None
    history: tuple[Entry, ...]

    @property
    def receipted(self) -> bool:
        """Whether a receipt is due: it was completed, and somebody had asked."""
        return self.status is Status.COMPLETED and self.rule is None

    def beyond(self, version: int) -> list[LogEntry]:
        """Its transitions after this one, in order."""
        return [LogEntry.of(self.id, entry) for entry in self.history if entry.version > version]

    @property
    def told(self) -> dict[str, Notice]:
        """The notices of what was asked: those that it was lifted again are told by themselves."""
        before = self.lifting.told_before if self.lifting else None
        return self.notices if before is None else before


def receipt_of(request: Logged, issuer: Label, log: LogProof) -> CompletionReceipt | None:
    """The receipt as its first revision, not signed yet; None: none is due."""
    if not request.receipted:
        return None
    ends = (entry for entry in request.history if entry.status is Status.COMPLETED)
    if (completed := next(ends, None)) is None:
        return None
    return CompletionReceipt(
        id=request.id,
        tracking=request.tracking,
        issuer=issuer,
        kind=request.kind,
        status=request.status,
        received_at=request.received_at,
        completed_at=completed.at,
        fields=tuple(
            FieldDone(field=name, result=done.result) for name, done in request.results.items()
        ),
        recipients=tuple(
            RecipientTold(recipient=name, status=notice.status)
            for name, notice in request.told.items()
        ),
        log=log,
    )


def after(before: CompletionReceipt, now: CompletionReceipt) -> CompletionReceipt | None:
    """The revision that follows one that was issued; None where there is nothing new to say."""
    said = before.model_copy(update={"revision": 1, "signature": None, "log": now.log})
    if said == now:
        return None
    return now.model_copy(update={"revision": before.revision + 1})
