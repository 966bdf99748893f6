"""Signed notes, the form in which checkpoints of logs are exchanged (C2SP signed-note).

A text of lines, an empty line, and `— <name> <base64>`: four bytes that name the key, then its
Ed25519 signature over the text. Other logs' tools read it as well.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import Final

from schemas.errors import NotVerified
from workers.adapters.signing import PublicKey, Signer

_ED25519: Final = b"\x01"


def sign_note(text: str, name: str, signer: Signer) -> str:
    """The note; `text` ends with a newline, `name` has no space and no plus sign."""
    stamp = _key_id(name, signer.public_key) + signer.over(text.encode())
    return f"{text}\n— {name} {base64.b64encode(stamp).decode()}\n"


def read_note(note: str, name: str, key: PublicKey) -> str:
    """The text that this key signed under this name; `NotVerified` where it signed none.

    Signatures of others (witnesses) may stand beside ours, and are not looked at.
    """
    text, empty, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines() if empty else ():
        dash, _, rest = line.partition(" ")
        signed_by, _, stamp = rest.partition(" ")
        if (dash, signed_by) != ("—", name):
            continue
        try:
            raw = base64.b64decode(stamp, validate=True)
        except binascii.Error:
            continue
        if raw[:4] == _key_id(name, key) and key.signed(raw[4:], text.encode()):
            return text
    raise NotVerified(
        "checkpoint_not_signed",
        f"The checkpoint carries no signature of key {key.kid} that fits: it is altered, or not of"
        " this log.",
    )


def _key_id(name: str, key: PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]
