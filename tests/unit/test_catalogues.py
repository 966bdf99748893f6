"""The words of the pages: complete in both languages, and nothing in them that no page says."""

from __future__ import annotations

import re

import pytest

from tests import catalogues
from workers.web.catalogues import LANGUAGES, translations

_SLOTS = re.compile(r"%\(\w+\)[sd]|<[^>]*>")


def texts(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (str(string),)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_what_the_pages_say_and_nothing_else(language: str) -> None:
    for part, said in catalogues.extracted().items():
        kept = {message.id for message in catalogues.read(language, part) if message.id}
        assert (part, said - kept, kept - said) == (part, set(), set()), "run `make words`"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", catalogues.PARTS)
def test_every_message_is_translated_with_all_that_is_filled_in(language: str, part: str) -> None:
    for message in catalogues.read(language, part):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        slots = set(_SLOTS.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            assert text.strip(), f"{message.id!r} says nothing in {language}: translate it"
            assert set(_SLOTS.findall(text)) == slots, message.id


def test_a_message_is_of_one_part_only() -> None:
    ids = [
        message.id
        for part in catalogues.PARTS
        for message in catalogues.read("ko", part)
        if message.id
    ]
    assert len(ids) == len(set(ids))


def test_what_was_translated_is_what_a_page_reads() -> None:
    assert translations("ko").gettext("Stop it") == "멈춥니다"
    assert translations("en").gettext("Stop it") == "Stop it"
