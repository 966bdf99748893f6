"""The log, computed once more: its entries, every checkpoint's root and signature, in flat memory.

1. From the first entry to the newest checkpoint, it is what was signed. 2. It is what the histories
of the requests say, entry by entry. 3. The receipt of each completed request is what was signed,
and says what the request says.

A checkpoint that somebody keeps elsewhere is held against it as well: whoever may take out the
whole log could otherwise have the notary write another one, as signed as this.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from schemas.audit_log import Checkpoint, LogEntry, differences
from schemas.invariants import Offence
from schemas.merkle import Tree
from workers.adapters.audit_log.checkpoints import read_checkpoint, wrong
from workers.adapters.audit_log.issued import receipt_differences
from workers.adapters.audit_log.pending import Pending
from workers.adapters.audit_log.store import AuditLog
from workers.adapters.signing import PublicKey

_TOGETHER: Final = 200
"""Requests that are held against the log at once."""


class LogCheck:
    """Holds the log against its checkpoints, and the requests against the log."""

    def __init__(self, log: AuditLog, requests: Pending, key: PublicKey) -> None:
        self._log = log
        self._requests = requests
        self._key = key

    def read(self, note: str) -> Checkpoint:
        """A checkpoint of this log; `NotVerified` where it is none."""
        return read_checkpoint(note, self._key)

    async def offences(
        self, now: datetime, kept: Checkpoint | None = None
    ) -> AsyncIterator[Offence]:
        """Whatever is wrong; `kept` is a checkpoint from elsewhere."""
        async for what in self._with_itself(kept):
            yield Offence("I13", "-", f"the log: {what}")
        async for offence in self._with_requests(now):
            yield offence

    async def _with_itself(self, kept: Checkpoint | None) -> AsyncIterator[str]:
        end = (await self._log.head()).size
        tree, entries = Tree(), self._log.entries(end)
        roots: dict[int, bytes] = {}
        async for previous, head in self._log.checkpoints():
            if head.size > end:
                break
            if previous != tree.size:
                yield f"its checkpoint {head.size} does not follow the one before it"
            await _grow(tree, entries, head.size)
            if tree.size != head.size:
                yield f"its entry {tree.size} is not there, or cannot be read"
                return
            if (what := wrong(head, tree, self._key)) is not None:
                yield f"its checkpoint {head.size} {what}"
            roots = {head.size: tree.root} if kept and head.size == kept.size else roots
            tree = Tree(tree.size, tree.peaks)
        if kept is not None and roots.get(kept.size) != kept.root:
            yield f"its first {kept.size} entries are not those that the kept checkpoint signs"
        if await self._log.strays():
            yield "it has entries that no checkpoint signs"

    async def _with_requests(self, now: datetime) -> AsyncIterator[Offence]:
        size, found = (await self._log.head()).size, 0
        async for requests in self._requests.all(_TOGETHER):
            logged = await self._log.entries_of(one.id for one in requests)
            receipts = await self._log.receipts(one.id for one in requests)
            found += sum(number < size for own in logged.values() for number, _ in own)
            for one in requests:
                own = logged.get(one.id, [])
                for what in differences(one.history, (entry for _, entry in own), now):
                    yield Offence("I13", one.id, what)
                # What the log lacks still, its receipt says later.
                if len(own) == len(one.history):
                    for what in receipt_differences(one, own, receipts.get(one.id), self._key):
                        yield Offence("I13", one.id, what)
        if found != size:
            async for request, count in self._log.orphans(size):
                yield Offence("I13", request, f"the log: {count} entries are of no request")
                found += count
        if found != size:
            lost = size - found
            yield Offence("I13", "-", f"the log: {lost} entries are not there, or cannot be read")


async def _grow(tree: Tree, entries: AsyncIterator[tuple[int, LogEntry]], size: int) -> None:
    """Add the next entries until the tree has this size; it stays smaller where one is missing."""
    while tree.size < size:
        try:
            number, entry = await anext(entries)
        except StopAsyncIteration:
            return
        if number != tree.size:
            return
        tree.append(entry.leaf())
