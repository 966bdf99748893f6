"""Tracking codes: read out over a bad line, written on paper, typed back by somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest

from schemas import tracking

CODES = [tracking.new(Random(seed).randrange) for seed in range(20)]
LOOK_ALIKES = ("0OQD", "1IL", "2Z", "5S", "8B", "6G", "UV")


def test_a_code_is_two_groups_of_four() -> None:
    for code in CODES:
        assert re.fullmatch(r"DSR-[A-Z2-9]{4}-[A-Z2-9]{4}", code)


def test_no_two_letters_of_the_alphabet_look_alike() -> None:
    for group in LOOK_ALIKES:
        assert len(set(group) & set(tracking.ALPHABET)) <= 1
    assert len(set(tracking.ALPHABET)) == len(tracking.ALPHABET) == 23


def test_every_letter_is_used_at_every_place() -> None:
    random = Random(7)
    codes = [tracking.new(random.randrange).removeprefix("DSR-") for _ in range(3000)]
    for place in (0, 1, 2, 3, 5, 6, 7, 8):
        assert {code[place] for code in codes} == set(tracking.ALPHABET)


@pytest.mark.parametrize("code", CODES)
def test_a_code_that_was_made_is_a_code_that_is_read(code: str) -> None:
    assert tracking.parse(code) == code


@pytest.mark.parametrize(
    "spelling",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\r\n",
        " ".join,
        lambda code: code.replace("-", "\N{NON-BREAKING HYPHEN}"),
        lambda code: code.replace("-", "\N{EN DASH}"),
        lambda code: code.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)}),
    ],
)
def test_how_a_code_was_typed_does_not_matter(spelling: Callable[[str], str]) -> None:
    for code in CODES:
        assert tracking.parse(spelling(code)) == code


@pytest.mark.parametrize("code", CODES)
def test_one_wrong_character_is_always_noticed(code: str) -> None:
    for place in (4, 5, 6, 7, 9, 10, 11, 12):
        for char in tracking.ALPHABET.replace(code[place], ""):
            with pytest.raises(ValueError, match="mistyped"):
                tracking.parse(code[:place] + char + code[place + 1 :])


@pytest.mark.parametrize("code", CODES)
def test_two_characters_that_changed_places_are_always_noticed(code: str) -> None:
    body = code.removeprefix("DSR-").replace("-", "")
    for first in range(8):
        for second in range(first + 1, 8):
            if body[first] == body[second]:
                continue
            swapped = list(body)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            with pytest.raises(ValueError, match="mistyped"):
                tracking.parse("DSR" + "".join(swapped))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DSR",
        "DSR-",
        "DSR-ACEF",
        CODES[0][:-1],
        CODES[0] + "A",
        CODES[0].removeprefix("DSR-"),
        CODES[0].replace("DSR", "D5R"),
        "D\N{LATIN SMALL LETTER LONG S}R" + CODES[0][3:],
        "DSR-0000-0000",
        "DSR-\N{ARABIC-INDIC DIGIT TWO}CEF-HJKM",
        "\N{CYRILLIC CAPITAL LETTER ER}" * 11,
        CODES[0][:5] + "\x00" + CODES[0][5:],
        CODES[0][:5] + "\N{RIGHT-TO-LEFT OVERRIDE}" + CODES[0][5:],
        "\ud800" * 11,
    ],
)
def test_what_is_not_a_tracking_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tracking_code"):
        tracking.parse(text)
