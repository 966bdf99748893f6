"""Kim Minji's certificate and receipt, as the company of the default map issues them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from schemas.audit_log import Checkpoint, LogEntry, LogProof
from schemas.datamap.base import Label
from schemas.evidence import (
    CollectionCount,
    CompletionReceipt,
    DestructionCertificate,
    FieldDone,
    Finding,
    KeptByLaw,
    MapVersion,
    NamedField,
    RecipientTold,
    Rescan,
)
from schemas.lifecycle import Status
from schemas.merkle import Tree
from schemas.notice import NoticeStatus
from tests.cast import datamap
from workers.adapters.audit_log.checkpoints import log_name
from workers.adapters.notes import sign_note
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyFolder

SIGNER = Signer(KeyFolder(bytes(32), {1: b"\x01" * 32}))

DESTROYED = datetime(2026, 11, 24, 0, 0, 12, 345678, tzinfo=UTC)
SHREDDED = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
SCANNED = datetime(2026, 11, 25, 0, 1, tzinfo=UTC)
LEFT_OVER = Finding(collection="access_logs", path="member_id", documents=2, why="left_over")
HOBBIES = NamedField(field="hobbies", label=Label(ko="취미", en="Hobbies"))
REQUEST = "01935f3e-0000-7000-8000-00000000d0e1"


def certificate(**other: Any) -> DestructionCertificate:
    """Her whole account is gone, but payments for five years and logs for three months."""
    bases = datamap().retention_bases
    facts: dict[str, Any] = {
        "id": REQUEST,
        "tracking": "DSR-7K3M-Q9XA",
        "issuer": datamap().organisation.name,
        "subject": "5d1c4c0a9fb14a8e9a6a0f3c1b2d3e4f",
        "subject_type": "member",
        "datamap": MapVersion(
            name="smallmachines", schema="dsr.datamap/1", digest="sha256:" + "0f" * 32
        ),
        "fields": None,
        "counts": (
            CollectionCount(collection="members", deleted=1),
            CollectionCount(collection="messages", anonymised=12, changed=3),
            CollectionCount(collection="payments", archived=4),
            CollectionCount(collection="access_logs", deleted=1180, archived=20),
        ),
        "kept": (
            KeptByLaw(
                collection="payments",
                basis="payment",
                documents=4,
                until=datetime(2031, 10, 2, 15, 0, tzinfo=UTC),
                law=bases["payment"].law,
            ),
            KeptByLaw(
                collection="access_logs",
                basis="access_logs",
                documents=20,
                until=datetime(2027, 2, 23, 15, 0, tzinfo=UTC),
                law=bases["access_logs"].law,
            ),
        ),
        "keys_destroyed": 3,
        "key_epoch": 7,
        "destroyed_at": DESTROYED,
        "rescans": (Rescan(at=SCANNED),),
    }
    return DestructionCertificate(**{**facts, **other})


def in_log(signer: Signer = SIGNER) -> LogProof:
    """The fifth transition of her request, in the middle of a log of seven entries."""
    entries = [
        LogEntry(
            request=REQUEST,
            version=version,
            at=DESTROYED,
            what="completed",
            by="completion",
            status=Status.COMPLETED,
        )
        for version in range(1, 8)
    ]
    tree = Tree()
    tree.extend(entry.leaf() for entry in entries)
    name = log_name(signer.public_key)
    text = Checkpoint(origin=name, size=tree.size, root=tree.root).text()
    return LogProof(
        entry=entries[4],
        leaf=4,
        path=tuple(base64.b64encode(one).decode() for one in tree.path(4)),
        checkpoint=sign_note(text, name, signer),
    )


def receipt(**other: Any) -> CompletionReceipt:
    """Her hobbies were corrected, and the parcel service was told."""
    facts: dict[str, Any] = {
        "id": REQUEST,
        "tracking": "DSR-7K3M-Q9XA",
        "issuer": datamap().organisation.name,
        "kind": "correction",
        "status": Status.COMPLETED,
        "received_at": datetime(2026, 11, 23, tzinfo=UTC),
        "completed_at": DESTROYED,
        "fields": (FieldDone(field="hobbies", result="corrected"),),
        "recipients": (RecipientTold(recipient="hanbit-delivery", status=NoticeStatus.APPLIED),),
        "log": in_log(),
    }
    return CompletionReceipt(**{**facts, **other})
