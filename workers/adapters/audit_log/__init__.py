"""The log of transitions (D7): a Merkle tree with signed checkpoints that only grows.

`store` keeps it, `pending` finds what it lacks, `notary` appends and signs, `checkpoints` tells
whether one is ours, `check` computes all of it again, `issued` holds the receipts against it,
`proof` checks what a receipt says of it.
"""

from workers.adapters.audit_log.check import LogCheck
from workers.adapters.audit_log.notary import Notary
from workers.adapters.audit_log.pending import Pending
from workers.adapters.audit_log.proof import check_proof
from workers.adapters.audit_log.store import AuditLog

__all__ = ["AuditLog", "LogCheck", "Notary", "Pending", "check_proof"]
