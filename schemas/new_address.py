"""A correction that would change where a person's mail goes: which fields, which new addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schemas.datamap import DataMap
from schemas.lifecycle import Status

if TYPE_CHECKING:
    from schemas.request import Particulars, Request


def changes_mail(request: Request, datamap: DataMap) -> bool:
    """Whether a field is among those not refused by which the person gets mail."""
    if request.kind != "correction" or request.subject_type is None:
        return False
    return any(_is_mail(datamap, request.subject_type, name) for name in request.granted)


def awaits_confirmation(request: Request) -> bool:
    """Whether the person is proven, or was let in by the desk, and only the new address is not."""
    asked = request.status is Status.AWAITING_PROOF and request.proof is not None
    approved = request.status is Status.VERIFIED and request.confirmation is not None
    return asked or (approved and request.begins_at is None)


def wanted(particulars: Particulars, datamap: DataMap) -> Mapping[str, Any]:
    """The values of those fields that differ from what is on file; None removes an address."""
    subject = particulars.subject
    if subject is None:
        return {}
    on_file = _on_file(particulars)
    mail = {n: v for n, v in particulars.values.items() if _is_mail(datamap, subject.type, n)}
    return {n: v for n, v in mail.items() if v is None or not set(_texts(v)) <= on_file}


def new_addresses(particulars: Particulars, datamap: DataMap) -> tuple[str, ...]:
    """Addresses that are not on file yet: each has to be confirmed by whoever reads it."""
    on_file = _on_file(particulars)
    found = [a for value in wanted(particulars, datamap).values() for a in _texts(value)]
    return tuple(dict.fromkeys(address for address in found if address not in on_file))


def _is_mail(datamap: DataMap, subject_type: str, name: str) -> bool:
    field = datamap.field(subject_type, name)
    return field is not None and field.contact is not None and field.contact.kind == "mail"


def _on_file(particulars: Particulars) -> set[str]:
    return {contact.value for contact in particulars.contacts if contact.kind == "mail"}


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else ()
