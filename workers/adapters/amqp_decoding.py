"""What a message says of itself may be unreadable; the message is read all the same.

The driver decodes properties in the reader of its connection, where one that it cannot decode ends
the connection for every queue of the process, and comes again with the next one. So what is no
time or no table is taken for absent, and what is no text is read with replacement characters: the
message goes on, and is judged like any other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pamqp import decode
from pamqp.common import FieldTable

_UNREADABLE: Final = (ValueError, ArithmeticError, LookupError, OSError, RecursionError, TypeError)


def be_lenient() -> None:
    """From now on, for every connection of this process; twice does no harm."""
    decode.METHODS["shortstr"] = _text
    decode.METHODS["timestamp"] = decode.TABLE_MAPPING[b"T"] = _time
    decode.METHODS["table"] = _table


def _text(value: bytes) -> tuple[int, str]:
    length = 1 + int.from_bytes(value[:1], "big")
    return length, value[1:length].decode(errors="replace")


def _time(value: bytes) -> tuple[int, datetime | None]:
    try:
        return decode.timestamp(value)
    except _UNREADABLE:
        return 8, None


def _table(value: bytes) -> tuple[int, FieldTable | None]:
    try:
        return decode.field_table(value)
    except _UNREADABLE:
        return 4 + int.from_bytes(value[:4], "big"), None
