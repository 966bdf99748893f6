"""One text for one JSON value, so that what was signed here can be checked anywhere.

RFC 8785 (JSON Canonicalization Scheme) for the values that our evidence is made of: objects, lists,
text, whole numbers, true, false and null. Fractions are refused: two programs rarely write one
alike.
"""

from __future__ import annotations

import json
from typing import Any, Final

_EXACT: Final = 2**53 - 1
"""Whole numbers beyond this are not the same in every JSON reader."""


def canonical(value: Any) -> bytes:
    """The canonical bytes; `ValueError` for what has none."""
    return json.dumps(
        _ordered(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def _ordered(value: Any) -> Any:
    """The same value with its keys in order, where every part of it has one spelling."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        plain = all(key.isascii() for key in value)
        return {key: _ordered(value[key]) for key in sorted(value, key=None if plain else _units)}
    raise ValueError("a signed document holds text, whole numbers, lists and objects only")


def _units(key: str) -> bytes:
    # RFC 8785 orders by UTF-16 code units, which differs from code points beyond U+FFFF.
    return key.encode("utf-16-be")
