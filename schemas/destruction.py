"""The certificate of one destruction, as a deletion on request and one by age alike end in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.datamap import DataMap
from schemas.evidence import (
    DestructionCertificate,
    ErasureSummary,
    MapVersion,
    NamedField,
    Rescan,
    under_law,
)

BY_AGE: Final = "retention-"
"""How the ids begin under which data is destroyed that nobody asked to; who asks has a UUID."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Whose data went, and what it is filed under."""

    id: str
    tracking: str
    subject: str
    """The person's pseudonym."""
    subject_type: str
    fields: Sequence[str] = ()
    """What was to be destroyed; empty: the whole account."""


def certificate_of(  # noqa: PLR0913 - what, by which map, under which keys, and when
    destroyed: Destroyed,
    summary: ErasureSummary,
    datamap: DataMap,
    *,
    version: MapVersion,
    key_epoch: int,
    at: datetime,
) -> DestructionCertificate:
    """What was done and what a law keeps, not signed yet; `at` is the first moment."""
    kind = destroyed.subject_type
    named = tuple(
        NamedField(field=name, label=datamap.field_named(name, kind).label)
        for name in destroyed.fields
    )
    return DestructionCertificate(
        id=destroyed.id,
        tracking=destroyed.tracking,
        issuer=datamap.organisation.name,
        subject=destroyed.subject,
        subject_type=kind,
        datamap=version,
        fields=named or None,
        counts=summary.counts,
        kept=under_law(summary.kept, datamap.retention_bases),
        keys_destroyed=summary.keys_destroyed,
        key_epoch=key_epoch,
        destroyed_at=at,
        rescans=(Rescan(at=at),),
    )
