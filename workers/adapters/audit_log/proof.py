"""What a receipt says of the log, checked offline: with the public key alone, no server."""

from __future__ import annotations

from schemas.errors import NotVerified
from schemas.evidence import CompletionReceipt
from workers.adapters.audit_log.checkpoints import read_checkpoint
from workers.adapters.signing import PublicKey


def check_proof(receipt: CompletionReceipt, key: PublicKey) -> None:
    """`NotVerified` unless a checkpoint of this key has the entry of this request, as completed."""
    proof = receipt.log
    checkpoint = read_checkpoint(proof.checkpoint, key)
    own = (proof.entry.request, proof.entry.status) == (receipt.id, receipt.status)
    if not own or not proof.proves(checkpoint):
        raise NotVerified(
            "not_in_log", "The signed log does not have what the receipt says: ask its issuer."
        )
