"""A challenge says whether its code can be mailed back: only where a mailbox is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.letters import ChallengeFacts
from tests.letters import LETTERS, ORGANISATION
from workers.emails import Composer

YES = {"ko": "회신하면서", "en": "eply to this mail with nothing but the code"}
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
        assert (NO[language] in half) is not by_reply
