"""Takes transitions into the log, signs how far it has got, and issues receipts of what is done.

1. Requests that are marked, as they stand. 2. Their transitions that the log lacks: by the log
itself, not by the mark, which a crash may have left. 3. The tree grown by them, from a checkpoint
that is signed, and its own signed. 4. Receipts of those that were completed, with the proof that
the log has them. 5. All of it written at once. 6. The marks taken off. A crash before 5 leaves
nothing, one after it only marks.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.audit_log import Checkpoint, LogEntry, LogProof
from schemas.datamap.base import Label
from schemas.errors import LogBroken, Unreachable
from schemas.evidence import CompletionReceipt
from schemas.merkle import Tree
from schemas.receipts import Logged, after, receipt_of
from workers.adapters.audit_log.checkpoints import log_name, wrong
from workers.adapters.audit_log.pending import Pending
from workers.adapters.audit_log.store import AuditLog, Head
from workers.adapters.notes import sign_note
from workers.adapters.signing import Signer

TOGETHER: Final = 16
"""Requests whose entries are hashed before something else gets its turn."""
MOST: Final = 4096
"""Entries of one round: what takes a second is far from any limit of a transaction. Of a history
that is longer the rest follows."""


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
        requests = await self._pending.take(now, limit)
        try:
            return await self._take_in(requests)
        except Unreachable:
            raise
        except Exception:
            if len(requests) < 2:
                raise
        return await self._one_by_one(requests)

    async def _one_by_one(self, requests: Sequence[Logged]) -> int:
        """All but those that cannot be taken in: nobody waits for what was made unfit."""
        marked, failed = 0, None
        for one in requests:
            try:
                marked += await self._take_in([one])
            except Unreachable:
                raise
            except Exception as error:  # noqa: BLE001 - told below, once all others are in
                failed = error
        if failed is not None:
            raise failed
        return marked

    async def _take_in(self, requests: Sequence[Logged]) -> int:
        if not requests:
            return 0
        # The head comes first: whatever is added after it is in the way of what follows from it.
        before = await self._log.head()
        known = await self._log.known(one.id for one in requests)
        new, whole = _within(requests, known)
        if any(new.values()):
            grown = await self._grow(before, new)
            receipts = await self._receipts(whole, grown, before.size)
            if not await self._log.append(before, grown.head, grown.entries, receipts):
                return 0
        await self._pending.done(whole)
        return len(whole)

    async def catch_up(self) -> int:
        """Mark what workers of an older version have committed; returns how many requests."""
        return await self._pending.mark_missed()

    async def _grow(self, before: Head, new: Mapping[str, Sequence[LogEntry]]) -> _Grown:
        tree = self._signed(before)
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

    def _signed(self, head: Head) -> Tree:
        """The tree as far as it is signed: what somebody put in its place is not carried on."""
        if not head.size:
            return Tree()
        try:
            tree = Tree(head.size, head.peaks)
            what = wrong(head, tree, self._signer.public_key)
        except (TypeError, ValueError):
            what = "cannot be read"
        if what is not None:
            raise LogBroken(f"checkpoint {head.size} of the log {what}: see `dsr audit verify`")
        return tree

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


def _within(
    requests: Sequence[Logged], known: Mapping[str, int]
) -> tuple[dict[str, list[LogEntry]], list[Logged]]:
    """What one round takes of each request, and the requests that it takes to their end."""
    room, new, whole = MOST, dict[str, list[LogEntry]](), list[Logged]()
    for one in requests:
        lacking = one.beyond(known.get(one.id, 0))
        new[one.id] = lacking[:room]
        if len(lacking) > room:
            break
        whole.append(one)
        room -= len(lacking)
    return new, whole


def _proof(grown: _Grown, leaf: int, start: int) -> LogProof:
    return LogProof(
        entry=grown.entries[leaf - start],
        leaf=leaf,
        path=tuple(base64.b64encode(one).decode() for one in grown.tree.path(leaf)),
        checkpoint=grown.head.note,
    )
