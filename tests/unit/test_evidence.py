"""Certificates and receipts: what they hold, and how one is issued again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from schemas.evidence import (
    CollectionCount,
    CompletionReceipt,
    DestructionCertificate,
    ErasureSummary,
    Finding,
    Kept,
    Rescan,
    Signature,
    content,
    signed_bytes,
    under_law,
)
from tests.cast import datamap
from tests.evidence import DESTROYED, LEFT_OVER, SCANNED, SHREDDED, certificate, receipt

UNTIL = datetime(2031, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize("document", [certificate(), receipt(), certificate(shredded_at=SHREDDED)])
def test_each_comes_back_from_json_and_from_the_database_as_it_was(
    document: DestructionCertificate | CompletionReceipt,
) -> None:
    assert type(document).model_validate_json(json.dumps(content(document))) == document
    assert type(document).model_validate(document.model_dump(by_alias=True)) == document


def test_a_moment_is_kept_as_the_database_keeps_it() -> None:
    seoul = DESTROYED.astimezone(timezone(timedelta(hours=9)))
    for said in (DESTROYED, seoul):
        written = content(certificate(destroyed_at=said))["destroyed_at"]
        assert written == "2026-11-24T00:00:12.345Z"


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        certificate(destroyed_at=DESTROYED.replace(tzinfo=None))


def test_the_second_moment_makes_a_new_revision_without_the_old_signature() -> None:
    first = certificate(signature=Signature(kid="k", value="v"))
    second = first.shredded(SHREDDED)
    assert (second.id, second.revision, second.shredded_at) == (first.id, 2, SHREDDED)
    assert second.signature is None
    assert second.destroyed_at == first.destroyed_at


def test_the_second_moment_comes_once() -> None:
    second = certificate().shredded(SHREDDED)
    assert second.shredded(SHREDDED + timedelta(days=1)) is second


def test_a_second_scan_is_added_with_what_it_found_and_what_was_then_destroyed() -> None:
    found = Rescan(at=SHREDDED, findings=(LEFT_OVER,))
    counts = (CollectionCount(collection="access_logs", deleted=1182),)
    first = certificate()
    second = first.rescanned(found, counts)
    assert (second.revision, second.counts) == (2, counts)
    assert second.rescans == (Rescan(at=SCANNED), found)
    assert second.rescanned(Rescan(at=SHREDDED)).counts == counts


def test_what_is_kept_is_stated_with_its_law() -> None:
    kept = Kept(collection="payments", basis="payment", documents=4, until=UNTIL)
    (stated,) = under_law([kept], datamap().retention_bases)
    assert stated.law == datamap().retention_bases["payment"].law
    assert (stated.collection, stated.documents, stated.until) == ("payments", 4, UNTIL)


def test_a_summary_survives_its_checkpoint() -> None:
    summary = ErasureSummary(
        counts=(CollectionCount(collection="members", deleted=1),),
        kept=(Kept(collection="payments", basis="payment", documents=4, until=UNTIL),),
        findings=(LEFT_OVER,),
        keys_destroyed=2,
        rescans=1,
    )
    for checkpoint in (summary.model_dump(), summary.model_dump(mode="json")):
        assert ErasureSummary.model_validate(checkpoint) == summary


def test_a_finding_says_why_in_a_known_word() -> None:
    with pytest.raises(ValidationError):
        Finding.model_validate(LEFT_OVER.model_dump() | {"why": "because"})


def test_the_signature_covers_everything_but_itself() -> None:
    document = content(certificate(signature=Signature(kid="k", value="v")))
    again = {**document, "signature": {**document["signature"], "value": "other"}}
    assert signed_bytes(again) == signed_bytes(document)
    for change in ({"kid": "other"}, {"alg": "none"}, {"more": 1}):
        changed = {**document, "signature": {**document["signature"], **change}}
        assert signed_bytes(changed) != signed_bytes(document)
    assert signed_bytes({**document, "of_a_newer_version": 1}) != signed_bytes(document)


def test_a_certificate_holds_nothing_but_what_its_reader_may_know() -> None:
    written = json.dumps(content(certificate()), ensure_ascii=False)
    assert not re.search(r"minji|김민지|@|010-", written)
