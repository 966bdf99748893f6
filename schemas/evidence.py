"""What is shown for what was done: counts of an erasure, destruction certificates, receipts.

None of it holds personal data: a subject is named by pseudonym, documents by collection and number.
A certificate or receipt is signed over its canonical form (`schemas.canonical`) with everything in
it but `signature.value`, so that it can be checked offline with the public key alone. One that is
issued again, because more became known, is a new signed document with the same `id` and the next
`revision`; the highest revision says the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, Self

from pydantic import Field

from schemas.audit_log import LogProof
from schemas.base import Ours, Slug
from schemas.canonical import canonical
from schemas.datamap.base import Label
from schemas.datamap.retention import RetentionBasis
from schemas.instants import Instant, stored
from schemas.lifecycle import Status
from schemas.notice import NoticeStatus
from schemas.submission import Kind

CERTIFICATE: Final = "dsr.certificate/1"
RECEIPT: Final = "dsr.receipt/1"


class CollectionCount(Ours):
    """What became of a subject's documents in one collection."""

    collection: str
    deleted: int = 0
    anonymised: int = 0
    changed: int = 0
    """Documents that stay, whose copies or array elements were taken out."""
    archived: int = 0

    def __add__(self, more: CollectionCount) -> CollectionCount:
        """Both in one, of the same collection."""
        return CollectionCount(
            collection=self.collection,
            deleted=self.deleted + more.deleted,
            anonymised=self.anonymised + more.anonymised,
            changed=self.changed + more.changed,
            archived=self.archived + more.archived,
        )


def added(
    before: Iterable[CollectionCount], more: Iterable[CollectionCount]
) -> tuple[CollectionCount, ...]:
    """Both in one, per collection."""
    made = {count.collection: count for count in before}
    for count in more:
        known = made.get(count.collection)
        made[count.collection] = count if known is None else known + count
    return tuple(made.values())


class Kept(Ours):
    """What a law keeps, out of one collection."""

    collection: str
    basis: str
    """The slug of the data map's retention basis."""
    documents: int
    until: Instant
    """When the last of them is destroyed."""


class KeptByLaw(Kept):
    """The same with the law in words, as a certificate states it."""

    law: Label


class Finding(Ours):
    """Something of the subject that a re-scan found: where, and in how many documents."""

    collection: str
    path: str
    documents: int
    why: Literal["left_over", "no_basis", "unmapped_match"]


class ErasureSummary(Ours):
    """What an erasure has done so far, over all its calls."""

    counts: tuple[CollectionCount, ...] = ()
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    keys_destroyed: int = 0
    rescans: int = 0


class Rescan(Ours):
    """One more look at every mapped collection; no findings means that nothing was there."""

    at: Instant
    findings: tuple[Finding, ...] = ()


class Signature(Ours):
    """Who signed, and the signature itself in unpadded base64url."""

    alg: Literal["Ed25519"] = "Ed25519"
    kid: str
    """RFC 7638 thumbprint of the public key."""
    value: str = ""


class MapVersion(Ours):
    """Which data map said where personal data is."""

    name: str
    schema_: str = Field(alias="schema")
    digest: str
    """`sha256:` and the hexadecimal digest of the map's file."""


class NamedField(Ours):
    """A field as the data map names it, and as people do."""

    field: Slug
    label: Label


class _Evidence(Ours):
    """What certificates and receipts have in common."""

    id: str
    """The request's id."""
    revision: int = Field(default=1, ge=1)
    tracking: str
    issuer: Label
    signature: Signature | None = None

    def revised(self, **changes: Any) -> Self:
        """The next revision, not signed yet."""
        return self.model_copy(update={**changes, "revision": self.revision + 1, "signature": None})


class DestructionCertificate(_Evidence):
    """That a person's data was destroyed, what a law keeps of it, and until when.

    `destroyed_at` is the first moment: deleted, and the keys of what was sealed destroyed. Until
    the epoch key that wrapped those is destroyed too, a backup together with the key folder of that
    time could still be read; `shredded_at` is the moment from which none can.
    """

    schema_: Literal["dsr.certificate/1"] = Field(default=CERTIFICATE, alias="schema")
    subject: str
    """The person's pseudonym."""
    subject_type: str
    datamap: MapVersion
    fields: tuple[NamedField, ...] | None
    """What was to be destroyed; None: the whole account."""
    counts: tuple[CollectionCount, ...]
    kept: tuple[KeptByLaw, ...]
    keys_destroyed: int
    key_epoch: int
    """The epoch whose destruction brings the second moment."""
    destroyed_at: Instant
    shredded_at: Instant | None = None
    rescans: tuple[Rescan, ...] = ()

    def shredded(self, at: datetime) -> Self:
        """With its second moment; one that has it already stays as it is."""
        if self.shredded_at is not None:
            return self
        return self.revised(shredded_at=stored(at))

    def rescanned(self, rescan: Rescan, counts: tuple[CollectionCount, ...] | None = None) -> Self:
        """With one more scan, and the counts of all that was destroyed up to now."""
        return self.revised(
            rescans=(*self.rescans, rescan), counts=self.counts if counts is None else counts
        )


class FieldDone(Ours):
    """What was done about one field; a code, as in the request."""

    field: Slug
    result: Slug


class RecipientTold(Ours):
    """Whom we told, and what became of it."""

    recipient: str
    status: NoticeStatus


class CompletionReceipt(_Evidence):
    """That a request was completed: when it came, what was done, and who was told.

    It is issued once the log has the entry of its completion; again, as the next revision, where a
    recipient answers later.
    """

    schema_: Literal["dsr.receipt/1"] = Field(default=RECEIPT, alias="schema")
    kind: Kind
    status: Status
    received_at: Instant
    completed_at: Instant
    fields: tuple[FieldDone, ...]
    """None of them where everything on file was deleted, or restricted."""
    recipients: tuple[RecipientTold, ...]
    log: LogProof
    """That the signed log has the newest entry of this request."""


Document = DestructionCertificate | CompletionReceipt
"""Everything that is signed for a person."""


def under_law(kept: Iterable[Kept], bases: Mapping[str, RetentionBasis]) -> tuple[KeptByLaw, ...]:
    """What is kept, with the laws of the data map."""
    return tuple(KeptByLaw(**one.model_dump(), law=bases[one.basis].law) for one in kept)


def content(document: Document) -> dict[str, Any]:
    """The document as JSON has it."""
    return document.model_dump(mode="json", by_alias=True)


def signed_bytes(document: Mapping[str, Any]) -> bytes:
    """What a signature signs: the canonical form of everything but the signature's own value.

    Taken from the JSON, not from a model: what a newer version added is signed as well.
    """
    signature = {key: part for key, part in document["signature"].items() if key != "value"}
    return canonical({**document, "signature": signature})
