"""Subjects' keys: text outside the database, the declared BSON type inside it."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, Final
from uuid import UUID

import bson
from bson import Binary, Decimal128, ObjectId

from schemas.datamap import KeyType

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INT64: Final = range(-(2**63), 2**63)


def parse_key(text: str, kind: KeyType) -> Any:
    """The key as it stands in the database; None where the text is no key of that type.

    One key has one text: another spelling of the same number would be another subject to us.
    """
    match kind:
        case KeyType.STRING:
            return text
        case KeyType.INT:
            number = int(text) if _INTEGER.fullmatch(text) else None
            # Not `number in range`: for anything but an int that would count through all of it.
            return number if number is not None and number in _INT64 else None
        case KeyType.OBJECT_ID:
            return ObjectId(text) if _OBJECT_ID.fullmatch(text) else None
        case KeyType.UUID:
            return Binary.from_uuid(UUID(text)) if _UUID.fullmatch(text) else None


def key_text(raw: Any, kind: KeyType) -> str | None:
    """The text of a key that was read; None where it is not of that type."""
    match kind:
        case KeyType.STRING:
            return raw if isinstance(raw, str) else None
        case KeyType.INT:
            if isinstance(raw, bool):
                return None
            whole = isinstance(raw, int) or (isinstance(raw, float) and raw.is_integer())
            return str(int(raw)) if whole else None
        case KeyType.OBJECT_ID:
            return str(raw) if isinstance(raw, ObjectId) else None
        case KeyType.UUID:
            return str(raw.as_uuid()) if isinstance(raw, Binary) and raw.subtype == 4 else None


_NAMES: Final = {str: "str", ObjectId: "ObjectId", int: "number"}
"""Of the usual types, so that they are told at once: a deletion asks some four hundred times."""


def identity(value: Any) -> Hashable:
    """Equal for exactly those values that MongoDB takes for equal in a query by value."""
    if (name := _NAMES.get(type(value))) is not None:
        return (name, value)
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, Decimal128):
        return ("number", value.to_decimal())
    if isinstance(value, dict | list):
        return ("nested", bson.encode({"": value}))
    return (type(value).__name__, value)
