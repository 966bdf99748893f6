"""`dsr mailbox` says what is missing, and prints a template that it reads back itself."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from schemas.errors import SettingsError
from tests.cast import datamap
from tests.mails import CORRECTION, filled
from workers.channels.mailbox import form
from workers.cli import app


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_template_is_printed_and_read_back(language: str) -> None:
    done = CliRunner().invoke(app, ["mailbox", "--template", language])
    assert done.exit_code == 0
    assert done.stdout == form.template(datamap(), language)
    read = form.read(done.stdout, datamap())
    assert read is not None
    assert read.language == language
    assert read.faults == ("unclear_kind",), "an empty form asks for nothing"


def test_every_correctable_field_with_one_line_has_its_line() -> None:
    made = form.template(datamap(), "ko")
    for label in ("이름", "이메일", "자택 주소 / road", "취미", "생년월일"):
        assert f"\n* {label}:" in made
    assert "비밀번호:" not in made
    assert "결제 기록" not in made


@pytest.mark.parametrize("colon", [":", "\uff1a", " : "])
def test_a_form_is_read_however_it_was_typed(colon: str) -> None:
    typed = filled(**CORRECTION).replace(": ", colon).replace("\n", "  \n").replace("* ", "*  ")
    read = form.read(typed, datamap())
    assert read is not None
    assert (read.kind, read.faults) == ("correction", ())
    assert read.changes["hobbies"] == ["등산", "사진"]


def test_another_language_is_used_wrongly() -> None:
    assert CliRunner().invoke(app, ["mailbox", "--template", "de"]).exit_code == 2


def test_without_a_mailbox_it_says_which_setting_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DSR_IMAP_URL", raising=False)
    done = CliRunner().invoke(app, ["mailbox"])
    assert isinstance(done.exception, SettingsError)
    assert "DSR_IMAP_URL" in str(done.exception)
