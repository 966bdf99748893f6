"""Takes transitions into the log, signs how far it has got, and issues receipts of what is done.

1. Requests that are marked, as they stand. 2. Their transitions that the log lacks: by the log
itself, not by the mark, which a crash may have left. 3. The tree grown by them, its checkpoint
signed. 4. Receipts of those that were completed, with the proof that the log has them. 5. All of it
written at once. 6. The marks taken off. A crash before 5 leaves nothing, one after it only marks.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.audit_log import Checkpoint, LogEntry, LogProof
from schemas.datamap.base import Label
from schemas.evidence import CompletionReceipt
from schemas.merkle import Tree
from schemas.receipts import Logged, after, receipt_of
from workers.adapters.audit_log.pending import Pending
from workers.adapters.audit_log.store import AuditLog, Head
from workers.adapters.notes import sign_note
from workers.adapters.signing import PublicKey, Signer

QUIET: Final = timedelta(seconds=2)
"""How long a transition waits for the next ones of its request, to be taken with them."""
TOGETHER: Final = 16
"""Requests whose entries are hashed before something else gets its turn."""


def log_name(key: PublicKey) -> str:
    """The origin of the log: a log is its key's."""
    return f"dsr-audit/{key.kid}"


@dataclass(frozen=True, slots=True)
class _Grown:
    """A tree with new leaves."""

    tree: Tree
    entries: list[LogEntry]
    head: Head


class Notary:
    """The only one who adds to the log; any number of them may be at it."""

    def __init__(self, log: AuditLog, pending: Pending, signer: Signer, issuer: Label) -> None:
        self._log = log
        self._pending = pending
        self._signer = signer
        self._issuer = issuer

    async def seal(self, now: datetime, limit: int) -> int:
        """One round, of at most so many requests; returns how many were marked."""
        requests = await self._pending.take(now - QUIET, limit)
        if not requests:
            return 0
        known = await self._log.known(one.id for one in requests)
        new = {one.id: one.beyond(known.get(one.id, 0)) for one in requests}
        if any(new.values()):
            before = await self._log.head()
            grown = await self._grow(before, new)
            receipts = await self._receipts(requests, grown, before.size)
            if not await self._log.append(before, grown.head, grown.entries, receipts):
                return 0
        await self._pending.done(requests)
        return len(requests)

    async def catch_up(self) -> int:
        """Mark what workers of an older version have committed; returns how many requests."""
        return await self._pending.mark_missed()

    async def _grow(self, before: Head, new: Mapping[str, Sequence[LogEntry]]) -> _Grown:
        tree = Tree(before.size, before.peaks)
        entries: list[LogEntry] = []
        for n, of_one in enumerate(new.values()):
            if n % TOGETHER == TOGETHER - 1:
                await asyncio.sleep(0)
            tree.extend(entry.leaf() for entry in of_one)
            entries += of_one
        name = log_name(self._signer.public_key)
        text = Checkpoint(origin=name, size=tree.size, root=tree.root).text()
        note = sign_note(text, name, self._signer)
        return _Grown(tree, entries, Head(tree.size, tree.peaks, tree.root, note))

    async def _receipts(
        self, requests: Sequence[Logged], grown: _Grown, start: int
    ) -> dict[str, dict[str, Any]]:
        """Signed, by request."""
        newest = {entry.request: start + n for n, entry in enumerate(grown.entries)}
        made = {
            one.id: receipt
            for one in requests
            if one.id in newest
            and (receipt := receipt_of(one, self._issuer, _proof(grown, newest[one.id], start)))
        }
        if not made:
            return {}
        issued = await self._log.receipts(made)
        for request, document in issued.items():
            revised = after(CompletionReceipt.model_validate(document), made[request])
            if revised is None:
                del made[request]
            else:
                made[request] = revised
        return {request: self._signer.signed(receipt) for request, receipt in made.items()}


def _proof(grown: _Grown, leaf: int, start: int) -> LogProof:
    return LogProof(
        entry=grown.entries[leaf - start],
        leaf=leaf,
        path=tuple(base64.b64encode(one).decode() for one in grown.tree.path(leaf)),
        checkpoint=grown.head.note,
    )
