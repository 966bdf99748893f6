"""Checkpoints of this log: its name, and whether one signs what it stands for."""

from __future__ import annotations

from schemas.audit_log import Checkpoint
from schemas.errors import NotVerified
from schemas.merkle import Tree
from workers.adapters.audit_log.store import Head
from workers.adapters.notes import read_note
from workers.adapters.signing import PublicKey


def log_name(key: PublicKey) -> str:
    """The origin of the log: a log is its key's."""
    return f"dsr-audit/{key.kid}"


def read_checkpoint(note: str, key: PublicKey) -> Checkpoint:
    """A checkpoint of the log of this key; `NotVerified` where it is none."""
    name = log_name(key)
    checkpoint = Checkpoint.read(read_note(note, name, key))
    if checkpoint.origin != name:
        raise NotVerified("another_log", f"This is a checkpoint of {checkpoint.origin}.")
    return checkpoint


def wrong(head: Head, tree: Tree, key: PublicKey) -> str | None:
    """What is wrong with a checkpoint over this tree; None: it signs it."""
    if (tree.size, tree.root, tree.peaks) != (head.size, head.root, head.peaks):
        return "is of other entries than the log has"
    try:
        signed = read_checkpoint(head.note, key)
    except NotVerified:
        return "is not signed by our key"
    if (signed.size, signed.root) != (head.size, head.root):
        return "says something else than what was signed"
    return None
