"""Receipts as they were issued, held against the requests that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.audit_log import LogEntry
from schemas.errors import NotVerified
from schemas.evidence import CompletionReceipt
from schemas.receipts import Logged, after, receipt_of
from workers.adapters import signing
from workers.adapters.audit_log.proof import check_proof
from workers.adapters.signing import PublicKey


def receipt_differences(
    request: Logged,
    logged: Sequence[tuple[int, LogEntry]],
    document: Mapping[str, Any] | None,
    key: PublicKey,
) -> Iterator[str]:
    """What is wrong with the receipt of a request that the log has to its end."""
    if document is None:
        if request.receipted:
            yield "it is completed, but has no receipt"
        return
    if (receipt := _signed(document, key)) is None:
        yield "its receipt is not what was signed"
        return
    now = receipt_of(request, receipt.issuer, receipt.log)
    if now is None or after(receipt, now) is not None:
        yield "its receipt says something else than the request"
    if (receipt.log.leaf, receipt.log.entry) not in logged:
        yield "its receipt names an entry that the log has not"


def _signed(document: Mapping[str, Any], key: PublicKey) -> CompletionReceipt | None:
    try:
        receipt = signing.verify(json.dumps(document).encode(), key)
        if isinstance(receipt, CompletionReceipt):
            check_proof(receipt, key)
            return receipt
    except (NotVerified, TypeError):
        pass  # as if it were no receipt
    return None
