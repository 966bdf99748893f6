"""One archived document: its name, its sealed form, and the way back."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import bson
from bson import Binary, UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument

from workers.adapters.vault import DataKey
from workers.adapters.vault.envelope import bind
from workers.ports.archive import ArchiveItem

_RAW: Final = CodecOptions(
    document_class=RawBSONDocument,
    tz_aware=True,
    uuid_representation=UuidRepresentation.STANDARD,
    # MongoDB holds dates that Python has no year for.
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
_NAME_BYTES: Final = 16


def row_of(item: ArchiveItem, key: DataKey, identity: bytes, now: datetime) -> dict[str, Any]:
    """As it is kept: named by what it is, and sealed."""
    name = _name(item, identity)
    document = RawBSONDocument(bson.encode(item.document, codec_options=_RAW), _RAW)
    content = bson.encode({"id": item.document_id, "document": document}, codec_options=_RAW)
    return {
        "_id": name,
        "pseudonym": item.pseudonym,
        "basis": item.basis,
        "collection": item.collection,
        "destroy_after": item.destroy_after,
        "request": item.request,
        "sealed": Binary(
            key.seal(content, _place(name, item.pseudonym, item.basis, item.collection))
        ),
        "kept_at": now,
    }


def opened(row: Mapping[str, Any], key: DataKey) -> RawBSONDocument:
    """What was kept, as `{id, document}`; `SealBroken` if it was altered or moved."""
    place = _place(row["_id"], row["pseudonym"], row["basis"], row["collection"])
    return RawBSONDocument(key.open(row["sealed"], place), _RAW)


def _name(item: ArchiveItem, identity: bytes) -> str:
    """The same for the same document and basis; keyed, since a document's id may name a person."""
    parts = bind((item.pseudonym, item.basis, item.collection))
    document_id = bson.encode({"": item.document_id}, codec_options=_RAW)
    return hmac.digest(identity, parts + document_id, "sha256")[:_NAME_BYTES].hex()


def _place(name: str, pseudonym: str, basis: str, collection: str) -> tuple[str, ...]:
    return ("archive", name, pseudonym, basis, collection)
