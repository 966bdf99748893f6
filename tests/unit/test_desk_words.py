"""The desk shows words, not codes: each code that can stand in a history has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from schemas.actors import of_desk
from schemas.letters.common import Purpose
from schemas.steps import STEPS as EVERY_STEP
from tests.cast import datamap
from workers.web.catalogues import translations
from workers.web.desk.timeline import HAPPENED, MAILS, STEPS, Wording
from workers.web.pages import Reader

ROOT = Path(__file__).parents[2]
PLACES = ("schemas", "workers/stages", "workers/runtime", "workers/restore.py")
OF_ROUTES = {
    *(
        f"{route}_{status}"
        for route in ("mail", "call", "letter")
        for status in ("sent", "undeliverable")
    ),
    *("call_due", "letter_due", "completion_due", "interim_due", "answer_due"),
}
"""Composed where a word is told: see `workers.stages.mailing.tasks` and `completion`."""
MAKERS = {"Transition", "_kept", "_wait", "given_up"}
"""What is called with the code of a history entry first."""


def files() -> Iterator[Path]:
    for place in PLACES:
        path = ROOT / place
        yield from path.rglob("*.py") if path.is_dir() else [path]


def texts(node: ast.expr) -> Iterator[str]:
    """The codes that an expression can come to, without what follows their colon."""
    match node:
        case ast.Constant(value=str(text)):
            yield text.partition(":")[0]
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one)
            yield from texts(other)
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if ":" in text:
            yield text.partition(":")[0]


def codes() -> set[str]:
    found = set(OF_ROUTES)
    for file in files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"what", "wrong"}:
                found.update(texts(node.value))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in MAKERS:
                named = [word.value for word in node.keywords if word.arg == "what"]
                for said in [*named, *node.args[:1]]:
                    found.update(texts(said))
    # Why a challenge waits: see `workers.stages.common.arrival`.
    found.update({"folded", "sender_put_off"})
    return found


def test_every_code_of_a_history_has_its_words_and_no_other() -> None:
    assert codes() == HAPPENED.keys()


def test_every_mail_and_every_step_has_its_words() -> None:
    assert set(get_args(Purpose)) == MAILS.keys()
    assert EVERY_STEP.keys() == STEPS.keys()


def test_what_follows_a_code_is_said_in_words_as_well() -> None:
    korean = Wording(datamap(), Reader("ko", translations("ko").gettext))
    assert korean.happened("refused:is_correct").startswith("거절됨: ")
    assert "is_correct" not in korean.happened("refused:is_correct")
    assert "identity" not in korean.happened("paused:identity,evidence")
    assert korean.happened("revealed:identity") == "인적 사항을 가리지 않고 봄: 본인 확인"
    assert korean.mail("challenge-2") == "등록된 연락처로 보내는 코드 (2)"
    assert korean.mail("escalation-hanbit-delivery").endswith("(한빛택배)")
    assert korean.step("notice:hanbit-delivery") == "받는 곳에 알리기: 한빛택배"
    assert korean.who("verification") == "자동"
    assert korean.who("recipient:hanbit-delivery") == "한빛택배"
    assert korean.who("mailbox") == korean.who("desk:mailbox") == "메일함"


@pytest.mark.parametrize("name", ["han", "mailing", "hanbit-delivery"])
def test_an_account_goes_by_its_name_also_where_a_stage_or_a_recipient_has_it(name: str) -> None:
    english = Wording(datamap(), Reader("en", translations("en").gettext))
    assert english.who(of_desk(name)) == english.person(name) == name


def test_older_entries_that_name_an_account_alone_show_it_as_well() -> None:
    assert Wording(datamap(), Reader("en", translations("en").gettext)).who("han") == "han"
