"""What a notice says, and the one body that webhook, queue and page have in common."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from schemas.datamap import DataMap
from schemas.errors import PutOff
from schemas.notice import NoticeKind
from schemas.request import SubjectRef
from workers.ports import SendNotice

NOTICE_SCHEMA: Final = "dsr.notice/1"
LAST: Final = 2**53 - 1
"""The sequence number of a deletion: nothing that was said of this person comes after it."""


class CurrentValues(Protocol):
    """Fields of one subject as they stand now."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Canonical values by our field names."""

    @property
    def seq(self) -> int:
        """The subject's sequence number that they belong to."""

    @property
    def withheld(self) -> frozenset[str]:
        """Those of the fields whose use the person has suspended: they have no value here."""

    def key_for(self, recipient: str) -> str | int:
        """Tell what this recipient knows the subject by."""


Current = Callable[[SubjectRef, tuple[str, ...], str], Awaitable[CurrentValues]]
"""Reads fields on behalf of a request; `PutOff` where nobody may be told of them now."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one notice says. `fields` go by the recipient's own names.

    With a correction, and when a restriction is lifted, they have the values as they stand now;
    a deletion and a restriction list the names alone. `withheld` names fields that changed as well
    and whose value is kept back, since the person has suspended their use: it follows when that is
    lifted. An objection names `purposes` and no field.
    """

    type: NoticeKind
    key: str | int
    fields: Mapping[str, Any] | Sequence[str]
    seq: int
    withheld: Sequence[str] = ()
    purposes: Sequence[str] = ()


async def read(effect: SendNotice, datamap: DataMap, current: Current) -> Told:
    """What the recipient is told: values as they stand, or by its own names what to do with."""
    names = datamap.recipients[effect.recipient].fields
    if effect.about == "objection":
        standing = await current(effect.subject, (), effect.request)
        key = standing.key_for(effect.recipient)
        return Told("objection", key, [], standing.seq, purposes=effect.fields)
    if not names.keys() >= set(effect.fields):
        raise PutOff("field_not_in_map")
    theirs = [names[ours] for ours in effect.fields]
    if effect.deleted_as is not None:
        if not effect.deleted_as:
            raise PutOff("no_recipient_key")
        return Told("deletion", effect.deleted_as, theirs, LAST)
    if effect.about == "restriction":
        standing = await current(effect.subject, (), effect.request)
        return Told("restriction", standing.key_for(effect.recipient), theirs, standing.seq)
    standing = await current(effect.subject, effect.fields, effect.request)
    values = {
        names[ours]: standing.values.get(ours)
        for ours in effect.fields
        if ours not in standing.withheld
    }
    return Told(
        effect.about,
        standing.key_for(effect.recipient),
        values,
        standing.seq,
        withheld=[names[ours] for ours in effect.fields if ours in standing.withheld],
    )


def content(told: Told) -> dict[str, Any]:
    """What is said, without to whom and how to answer."""
    return {
        "type": told.type,
        "sequence": told.seq,
        "subject": {"key": told.key},
        "fields": told.fields,
        **({"withheld": list(told.withheld)} if told.withheld else {}),
        **({"purposes": list(told.purposes)} if told.purposes else {}),
    }


def payload(told: Told, *, notice_id: str, ack_url: str) -> str:
    """The body of a notice."""
    said = content(told)
    return dump(
        {
            "schema": NOTICE_SCHEMA,
            "type": said.pop("type"),
            "notice_id": notice_id,
            **said,
            "ack_url": ack_url,
        }
    )


def dump(value: Mapping[str, Any]) -> str:
    """As JSON, small; `TypeError` or `ValueError` for what JSON does not know."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
    )


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError("a value that JSON does not know")
