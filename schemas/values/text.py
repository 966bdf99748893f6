"""Text: one normal form, and nothing in it that deceives readers or programs."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from schemas.base import clean
from schemas.errors import ValueRefused

if TYPE_CHECKING:
    from schemas.values.specs import TextSpec

_FULL_WIDTH: Final = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20}
_LINE_ENDINGS: Final = re.compile(r"\r\n?")
_BREAKS: Final = re.compile("[\r\n\t\x0b\x0c\x85]")


def text(spec: TextSpec, value: object) -> str:
    """Check a text and bring it to its normal form."""
    if not isinstance(value, str):
        raise ValueRefused("not_text")
    if len(value) > 4 * spec.max:
        raise ValueRefused("too_long")
    made = _normalise(spec, safe(value, multiline=spec.multiline))
    if len(made) > spec.max:
        raise ValueRefused("too_long")
    if len(made) < spec.min:
        raise ValueRefused("too_short" if made else "empty")
    if spec.pattern is not None and not re.fullmatch(spec.pattern, made):
        raise ValueRefused("wrong_form")
    return made


def safe(value: str, *, multiline: bool = False) -> str:
    """Bring to NFC; no NUL, control, direction override, lone surrogate, nor undeclared line."""
    if multiline:
        value = _LINE_ENDINGS.sub("\n", value)
    elif _BREAKS.search(value):
        raise ValueRefused("line_break")
    try:
        return clean(value)
    except ValueError as error:
        raise ValueRefused(str(error)) from None


def half_width(value: str) -> str:
    """Full-width Latin letters, digits and signs as the plain ones; everything else as it is."""
    return value.translate(_FULL_WIDTH)


def one_line(value: object, longest: int) -> str:
    """Read what an address or a number is parsed from: short, on one line, half-width, trimmed."""
    if not isinstance(value, str):
        raise ValueRefused("not_text")
    if len(value) > longest:
        raise ValueRefused("too_long")
    return half_width(safe(value)).strip()


def decomposed(value: str) -> str:
    """NFD: how some systems (macOS file names, old imports) keep Korean."""
    return unicodedata.normalize("NFD", value)


def _normalise(spec: TextSpec, value: str) -> str:
    if spec.normalise == "none":
        return value
    if spec.normalise == "lower":
        value = unicodedata.normalize("NFC", value.lower())
    if spec.normalise == "trim" or spec.multiline:
        return value.strip()
    return " ".join(value.split())
