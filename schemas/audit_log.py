"""The log of transitions: what an entry and a checkpoint say, and what proves them.

One entry for each transition of each request, in the order in which the notary took them; it only
grows. Its entries are the leaves of a Merkle tree (`schemas.merkle`) whose root a checkpoint signs,
so nobody can alter or take out an entry unseen. It holds no personal data, as history does not.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Self

from schemas.base import Ours
from schemas.canonical import canonical
from schemas.errors import NotVerified
from schemas.instants import Instant, written
from schemas.lifecycle import Entry, Status
from schemas.merkle import leaf_hash, root_of

UNLOGGED = timedelta(days=2)
"""How old a transition may be that the log lacks; the notary takes it within a minute or two, or as
it goes through all requests once a day those that workers of an older version had in hand."""


class LogEntry(Ours):
    """One transition of a request."""

    request: str
    version: int
    at: Instant
    what: str
    by: str
    status: Status

    @classmethod
    def of(cls, request: str, entry: Entry) -> Self:
        """An entry of a request's history, as the log has it."""
        return cls(
            request=request,
            version=entry.version,
            at=entry.at,
            what=entry.what,
            by=entry.by,
            status=entry.status,
        )

    def leaf(self) -> bytes:
        """The hash that stands for it in the tree: over its canonical JSON (RFC 8785)."""
        facts = {
            "at": written(self.at),
            "by": self.by,
            "request": self.request,
            "status": self.status.value,
            "version": self.version,
            "what": self.what,
        }
        return leaf_hash(canonical(facts))


class Checkpoint(Ours):
    """How large the log is and what its root is, in the text that is signed (C2SP tlog-checkpoint).

    Three lines: the origin (the log's name), the number of entries, the root in base64.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """The same from its lines; `NotVerified` where they say something else."""
        try:
            origin, size, root = text.split("\n")[:3]
            found = cls(origin=origin, size=int(size), root=base64.b64decode(root, validate=True))
        except (ValueError, binascii.Error):
            found = None
        if found is None or found.text() != text:
            raise NotVerified("no_checkpoint", "This is no checkpoint of a log: check the file.")
        return found


class LogProof(Ours):
    """That the log has an entry: where, and the way from there to the root of a checkpoint."""

    entry: LogEntry
    leaf: int
    """Its number, from 0."""
    path: tuple[str, ...]
    """The hashes beside the way up (RFC 9162), in base64."""
    checkpoint: str
    """The checkpoint as it was signed."""

    def proves(self, checkpoint: Checkpoint) -> bool:
        """Whether the entry is in the log of this checkpoint."""
        try:
            path = [base64.b64decode(one, validate=True) for one in self.path]
        except binascii.Error:
            return False
        found = root_of(self.entry.leaf(), self.leaf, checkpoint.size, path)
        return found == checkpoint.root


def differences(
    history: Iterable[Entry], logged: Iterable[LogEntry], now: datetime
) -> Iterator[str]:
    """What is wrong between the history of one request and its entries in the log."""
    found = {entry.version: entry for entry in logged}
    newest = max(found, default=0)
    for entry in history:
        kept = found.pop(entry.version, None)
        if kept is None:
            # Behind what the log has of a request nothing is ever taken in; and what says that it
            # is still to happen would never be too old.
            if entry.version <= newest or abs(now - entry.at) > UNLOGGED:
                yield f"the log lacks transition {entry.version} of its history"
        elif kept != LogEntry.of(kept.request, entry):
            yield f"transition {entry.version} of its history is not what the log says"
    for version in found:
        yield f"its history lacks transition {version}, which the log has"
