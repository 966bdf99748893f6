"""Tracking codes: `DSR-XXXX-XXXX`, made to be read out, written down and typed back.

A tracking code names a request and is never a factor: whoever knows one proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

ALPHABET: Final = "ACEFHJKMNPRTWXY23456789"
"""Of 0OQD, 1IL, 2Z, 5S, 8B, 6G and UV at most one each; 23 of them, since a check needs a prime."""

_PREFIX: Final = "DSR"
_LENGTH: Final = 8
_HYPHENS: Final = "-\u2010\u2011\u2012\u2013\u2212\uff0d"
_TYPED: Final = (
    {0xFF01 + offset: 0x21 + offset for offset in range(94)}
    | dict.fromkeys(map(ord, " \t\r\n\u00a0\u3000"))
    | dict.fromkeys(map(ord, _HYPHENS))
)
"""What people and their keyboards add: full-width forms fold, spaces and hyphens go."""


def new(randbelow: Callable[[int], int]) -> str:
    """A fresh code out of 23^7 (31 bits); `randbelow(n)` gives a number from 0 to n - 1.

    Two requests may be given the same code: whoever stores one holds it unique and asks again.
    """
    # One number for all characters: each draw asks the system for randomness.
    number = randbelow(len(ALPHABET) ** (_LENGTH - 1))
    drawn = [number // len(ALPHABET) ** place % len(ALPHABET) for place in range(_LENGTH - 1)]
    return _written([*drawn, -_weighted(drawn) % len(ALPHABET)])


def parse(text: str) -> str:
    """The code in its one spelling; `ValueError` for whatever is not a tracking code.

    Letter case, full-width forms, spaces and hyphens, too many or missing, do not matter. Any one
    wrong character, and any two that changed places, are noticed by the check character.
    """
    plain = text.translate(_TYPED)
    if not plain.isascii():
        raise ValueError("not_a_tracking_code")
    plain = plain.upper()
    numbers = [ALPHABET.find(char) for char in plain.removeprefix(_PREFIX)]
    if not plain.startswith(_PREFIX) or len(numbers) != _LENGTH or min(numbers) < 0:
        raise ValueError("not_a_tracking_code")
    if _weighted(numbers) % len(ALPHABET):
        raise ValueError("mistyped_tracking_code")
    return _written(numbers)


def _weighted(numbers: list[int]) -> int:
    """The sum that a right code brings to a multiple of 23.

    The weights 8 to 1 and their differences have no factor in common with 23, so no one wrong
    character and no exchange of two leaves the sum a multiple.
    """
    return sum((_LENGTH - place) * number for place, number in enumerate(numbers))


def _written(numbers: list[int]) -> str:
    body = "".join(ALPHABET[number] for number in numbers)
    return f"{_PREFIX}-{body[:4]}-{body[4:]}"
