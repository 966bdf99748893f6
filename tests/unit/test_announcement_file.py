"""The file of an announcement is checked to the last key before the first mail."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from schemas.announcement import parse
from schemas.errors import AnnouncementError
from tests.announcements import FILE, announcement, content
from tests.letters import COMPOSER, LANGUAGES, ORGANISATION, Page
from workers.announcement_file import load
from workers.cli import app

WORDS = {"subject": "제목", "body": "내용"}


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(FILE)
    made = load(file)
    assert (made.id, made.effective) == ("privacy-policy-2027-01", date(2027, 1, 1))
    assert made.words("ko").subject == "개인정보 처리방침이 바뀝니다"
    assert made.words("en").body.splitlines()[1:2] == [""]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": "Privacy Policy"}, "id"),
        ({"id": "a" * 49}, "id"),
        ({"id": "two--hyphens"}, "id"),
        ({"effective": "1 January 2027"}, "effective"),
        ({"effective": "2027-02-30"}, "effective"),
        ({"schema": "dsr.announcement/2"}, "schema"),
        ({"ko": {**WORDS, "subject": "두\n줄"}}, "ko.subject"),
        ({"ko": {**WORDS, "subject": "\u202e뒤집힌"}}, "ko.subject"),
        ({"en": {**WORDS, "subject": "x" * 201}}, "en.subject"),
        ({"en": {**WORDS, "body": " \n "}}, "en.body"),
        ({"en": {**WORDS, "body": "x" * 20_001}}, "en.body"),
        ({"en": {"subject": "only a subject"}}, "en.body"),
        ({"unsubscribe": "https://x.example"}, "unsubscribe"),
    ],
)
def test_a_wrong_key_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AnnouncementError, match=rf"^policy.yaml, {said}: "):
        parse(content(**wrong), source="policy.yaml")


@pytest.mark.parametrize("missing", ["id", "effective", "ko", "en", "schema"])
def test_a_language_that_is_missing_is_known_before_the_first_mail(missing: str) -> None:
    made = content()
    del made[missing]
    with pytest.raises(AnnouncementError, match=missing):
        parse(made, source="policy.yaml")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"id: a\nid: b\n", "stands twice"),
        (b"id: &x a\nko: *x\n", "anchors"),
        (b"id: !!python/name:os.system ''\n", "tags"),
        (b"\xff\xfe", "UTF-8"),
        (b"- a\n", "whole file"),
        (b"x" * (256 * 1024 + 1), "larger"),
    ],
)
def test_a_file_that_could_surprise_is_refused_with_its_name(
    tmp_path: Path, body: bytes, said: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(body)
    with pytest.raises(AnnouncementError, match=rf"policy.yaml.*{said}"):
        load(file)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (FILE.replace("2027-01-01", "soon"), (), "effective: write it as 2027-01-31"),
        (FILE, ("--where", "gender"), "FIELD=VALUE"),
        (FILE, ("--rate", "0"), "--rate"),
    ],
)
def test_the_command_looks_at_everything_before_it_connects(
    tmp_path: Path, text: str, options: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with_no_server = {"DSR_MONGO_URL": "mongodb://127.0.0.1:1", "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["announce", str(file), *options], env=with_no_server)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)


def test_other_words_have_another_fingerprint_and_the_same_words_the_same() -> None:
    assert announcement().fingerprint == announcement().fingerprint
    assert announcement().fingerprint != announcement(effective="2027-01-02").fingerprint


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_says_what_changes_when_why_it_is_sent_and_who_answers(language: str) -> None:
    made = COMPOSER.announcement(announcement(), language)
    words = announcement().words(language)
    said = {
        "ko": ("2027년 1월 1일", "이 메일을 보내는 이유", "광고가 아니며"),
        "en": ("1 January 2027", "Why you get this mail", "It is not advertising"),
    }[language]
    assert words.subject in made.subject
    for part in (made.text, made.html.replace("&amp;", "&")):
        assert all(each in part for each in (words.subject, *said))
        assert all(line in part for line in words.body.splitlines())
        assert ORGANISATION.department.text(language) in part
    assert "\n\n\n" not in made.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_company_writes_is_text_and_never_markup(language: str) -> None:
    odd = {
        "subject": "<b>{{ 7 * 7 }}</b>",
        "body": "<script>alert(1)</script>\n\nhttps://a.example/?b&c",
    }
    made = COMPOSER.announcement(announcement(ko=odd, en=odd), language)
    page = Page(made.html)
    assert page.open == []
    assert page.every("script") == page.every("b") == []
    assert "{{ 7 * 7 }}" in made.text
    assert "https://a.example/?b&c" in [link["href"] for link in page.every("a")]
