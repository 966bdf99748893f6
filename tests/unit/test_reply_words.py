"""A challenge says whether its code can be mailed back, and how the request is taken back so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.letters import ChallengeFacts
from tests.letters import LETTERS, ORGANISATION
from workers.channels.mailbox.quoting import takes_back
from workers.emails import Composer

YES = {"ko": "회신하면서", "en": "eply to this mail with nothing but the code"}
BACK = {"ko": "철회", "en": "withdraw"}
NO = {"ko": "확인되지 않습니다", "en": "Replying to this mail"}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("by_reply", [True, False])
def test_both_halves_of_the_mail_say_the_same(language: str, by_reply: bool) -> None:
    known = LETTERS["challenge"]
    assert isinstance(known, ChallengeFacts)
    facts = replace(known, by_reply=by_reply)
    letter = Composer(ORGANISATION, default_language="ko").compose(facts, language)
    for half in (letter.text, letter.html):
        assert (YES[language] in half) is by_reply
        assert (BACK[language] in half) is by_reply
        assert (NO[language] in half) is not by_reply


@pytest.mark.parametrize("word", BACK.values())
def test_the_word_that_the_mail_gives_is_understood(word: str) -> None:
    assert takes_back(f"12345678\n{word}\n")
