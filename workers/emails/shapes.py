"""A letter is rendered once for all that differ from it only in what is said of one request.

To walk the templates for each mail was a twelfth of a correction's time. What differs (tracking
code, codes, links, moments) stands in slots, and the words around them are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import escape

MOST = 128
"""Shapes that are kept, of some 10 KB each."""
_UNIQUE = ("answer", "package")
"""Facts of one request that stand in no slot: a letter with one of them is not kept."""
_SLOTTED = re.compile(r"tracking|deadline|code|link|\w+_(?:code|link|at)")
"""Names of what is said of one request; templates print it, or ask whether it is there at all."""
_SLOT = re.compile("\ue000([a-z_]+)\ue001")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in words, before it has an address."""

    subject: str
    text: str
    html: str


class Shapes:
    """The shapes of one composer's letters."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], _Shape] = {}

    def letter(
        self, names: tuple[str, ...], words: Mapping[str, Any], render: Callable[[Any], Letter]
    ) -> Letter:
        """What `render` makes of these words; `names` tell its templates from all others."""
        if any(words.get(unique) for unique in _UNIQUE):
            return render(words)
        said = {name: word for name, word in words.items() if word and _is_slotted(name)}
        slotted = {**words, **{name: f"\ue000{name}\ue001" for name in said}}
        key = (*names, str(slotted))
        shape = self._kept.get(key)
        if shape is None:
            if len(self._kept) >= MOST:
                self._kept.clear()
            shape = self._kept[key] = _Shape(render(slotted))
        return shape.filled(said)


class _Shape:
    """A letter in pieces: words as they stand and names of slots, in turns."""

    def __init__(self, letter: Letter) -> None:
        self._subject = _SLOT.split(letter.subject)
        self._text = _SLOT.split(letter.text)
        self._html = _SLOT.split(letter.html)

    def filled(self, said: Mapping[str, str]) -> Letter:
        """The letter that says this; in HTML it is escaped, as the templates would do it."""
        escaped = {name: escape(word) for name, word in said.items()}
        return Letter(
            subject=_filled(self._subject, said),
            text=_filled(self._text, said),
            html=_filled(self._html, escaped),
        )


def _filled(pieces: list[str], said: Mapping[str, str]) -> str:
    whole = pieces.copy()
    whole[1::2] = [said[name] for name in pieces[1::2]]
    return "".join(whole)


@lru_cache
def _is_slotted(name: str) -> bool:
    return _SLOTTED.fullmatch(name) is not None
