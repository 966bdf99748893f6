"""Third parties: whom we may call, what they may get, and where it is recorded that they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.datamap.addresses import url_fault
from schemas.datamap.recipients import AmqpTransport, OpenDsrTransport, WebhookTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.datamap.map import DataMap
    from schemas.datamap.recipients import DisclosureLedger, Recipient

    Fault = tuple[str, str]


def outside_faults(datamap: DataMap, *, allow_private: bool) -> Iterator[Fault]:
    """Check recipients, then the ledgers."""
    for name, recipient in datamap.recipients.items():
        yield from _recipient(datamap, recipient, f"recipients.{name}")
        transport = recipient.transport
        if isinstance(transport, WebhookTransport | OpenDsrTransport):
            reason = url_fault(transport.url, allow_private=allow_private)
            if reason:
                yield f"recipients.{name}.transport.url", reason
    yield from _queues(datamap)
    yield from _ledgers(datamap)


def _queues(datamap: DataMap) -> Iterator[Fault]:
    """Two recipients in one queue would read each other's notices."""
    owners: dict[str, str] = {}
    for name, recipient in datamap.recipients.items():
        if not isinstance(recipient.transport, AmqpTransport):
            continue
        owner = owners.setdefault(recipient.transport.queue, name)
        if owner != name:
            yield f"recipients.{name}.transport.queue", f"is the queue of {owner}"


def _recipient(datamap: DataMap, recipient: Recipient, where: str) -> Iterator[Fault]:
    subject = datamap.subjects.get(recipient.subject)
    if subject is None:
        yield f"{where}.subject", "no such subject type"
        return
    if all(ledger.subject != recipient.subject for ledger in datamap.disclosures):
        yield where, f"no ledger under 'disclosures' records what of a {recipient.subject} left"
    if recipient.subject_key not in {"key", *subject.fields}:
        yield f"{where}.subject_key", "is neither 'key' nor a field"
    for field in recipient.fields:
        if field not in subject.fields:
            yield f"{where}.fields.{field}", f"no such field of a {recipient.subject}"
        elif subject.fields[field].hashed:
            yield f"{where}.fields.{field}", "what is stored as a digest is never disclosed"
    if len(set(recipient.fields.values())) < len(recipient.fields):
        yield f"{where}.fields", "two fields have one name there"


def _recorded(datamap: DataMap, ledger: DisclosureLedger, where: str) -> Iterator[Fault]:
    """A ledger that the gate writes to is one document for each disclosure."""
    if ledger.record is None:
        return
    others = [one for one in datamap.disclosures if one.record and one.subject == ledger.subject]
    if len(others) > 1:
        yield f"{where}.record", f"two ledgers are written for a {ledger.subject}"
    record = ledger.record
    paths = (ledger.subject_key, ledger.recipient, ledger.fields, ledger.at)
    every = (*paths, record.id, record.basis, record.reference)
    if any(path.has_arrays or path.is_keyed for path in every):
        yield f"{where}.record", "an entry that is written is a document of its own, no element"
    if len(set(every)) < len(every):
        yield f"{where}.record", "two parts of an entry have one path"


def _ledgers(datamap: DataMap) -> Iterator[Fault]:
    for number, ledger in enumerate(datamap.disclosures):
        where = f"disclosures.{number}"
        subject = datamap.subjects.get(ledger.subject)
        if ledger.collection not in datamap.collections:
            yield f"{where}.collection", f"the collection {ledger.collection!r} is not declared"
        if subject is None:
            yield f"{where}.subject", "no such subject type"
            continue
        yield from _recorded(datamap, ledger, where)
        for stored, ours in ledger.field_names.items():
            if ours not in subject.fields:
                yield f"{where}.field_names.{stored}", f"no such field of a {ledger.subject}"
        for stored, ours in ledger.recipient_names.items():
            if ours not in datamap.recipients:
                yield f"{where}.recipient_names.{stored}", "no such recipient"
