"""Bytes to text, whatever their label says; and text that is safe to carry on."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import Header, decode_header

_KOREAN = frozenset({"euc-kr", "euckr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "cp949", "uhc"})
"""All of them are CP949 in practice: real EUC-KR lacks syllables that people write."""
_KNOWN = re.compile(
    r"utf-?8|us-ascii|ascii|utf-16(le|be)?|iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d"
    r"|iso-2022-(kr|jp)|shift_jis|euc-jp|gb2312|gbk|gb18030|big5|koi8-[ru]"
)
"""Python has codecs that are no charsets; a mail never names one of those to it."""
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST_HEADER = 2000


def decoded(data: bytes, charset: str | None) -> str:
    """By its label where that fits, else by what it most likely is."""
    label = (charset or "").strip("\"' ").lower()
    named = "cp949" if label in _KOREAN else label if _KNOWN.fullmatch(label) else None
    for codec in (named, "utf-8", "cp949"):
        if codec is None:
            continue
        try:
            return data.decode(codec)
        except (UnicodeError, LookupError):
            continue
    return data.decode(named if named and named != "utf-16" else "latin-1", "replace")


def plain(text: str) -> str:
    """Line ends in one form, and without what could be read as something else."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def header(raw: object) -> str:
    """A header's words on one line; an encoded line break is a space like any other."""
    # Where bytes stand in it as they are, the parser gives a `Header`, which knows them still.
    text = raw if isinstance(raw, Header) else str(raw or "")[:LONGEST_HEADER]
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        pieces = [(str(text), None)]
    words = "".join(
        piece if isinstance(piece, str) else decoded(piece, charset) for piece, charset in pieces
    )
    return " ".join(_UNSAFE.sub(" ", words[:LONGEST_HEADER].replace("\n", " ")).split())
