"""What a person reads in a mail, in both languages, and what no mail may say."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from schemas.datamap.base import Label
from schemas.letters import (
    AlarmFacts,
    ChallengeFacts,
    CompletionFacts,
    CoolingFacts,
    InterimFacts,
    Purpose,
    RecipientOutcome,
    Result,
)
from schemas.notice import NoticeStatus
from schemas.request import BY_RULE
from schemas.submission import Channel, Kind
from tests.letters import (
    ALL_OF_HER,
    CODE,
    COMMON,
    COMPOSER,
    COOLS_OFF,
    LANGUAGES,
    LETTERS,
    LINK,
    NOT_ME,
    NOTHING_ARRIVED,
    ORGANISATION,
    RESULTS,
    Page,
    letter,
)
from workers.emails import Composer, vocabulary

OURS = ("alarm", "disowned", "escalation")
ALL = [(purpose, language) for purpose in LETTERS for language in LANGUAGES]
TO_PEOPLE = [(purpose, language) for purpose, language in ALL if not purpose.startswith(OURS)]
UNPROVEN = ("acknowledgement", "expiry")


def width(line: str) -> int:
    """Columns: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def test_every_purpose_has_a_letter() -> None:
    assert {facts.purpose for facts in LETTERS.values()} == set(get_args(Purpose))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_contract_has_its_words(language: vocabulary.Language) -> None:
    assert set(vocabulary.KINDS[language]) == set(get_args(Kind))
    assert set(vocabulary.CHANNELS[language]) == {*get_args(Channel), BY_RULE}
    assert set(vocabulary.RESULTS[language]) == set(get_args(Result))
    assert set(vocabulary.NOTICES[language]) == set(NoticeStatus)


@pytest.mark.parametrize(("purpose", "language"), TO_PEOPLE)
def test_every_mail_says_who_is_responsible_and_who_else_can_help(
    purpose: str, language: str
) -> None:
    made = letter(purpose, language)
    organisation = ORGANISATION
    for part in (made.text, made.html.replace("&amp;", "&")):
        assert organisation.department.text(language) in part
        assert organisation.phone in part
        assert organisation.postal_address.text(language) in part
        for body in organisation.complaint_bodies:
            assert body.name.text(language) in part
            assert body.phone in part
            assert body.url in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_website_of_the_company_is_named_where_the_map_has_one(
    language: vocabulary.Language,
) -> None:
    website = "https://www.smallmachines.co.kr/privacy"
    composer = Composer(replace(ORGANISATION, website=website))
    made = composer.compose(LETTERS["completion"], language)
    word = vocabulary.FRAME[language]["website"]
    assert f"{word}: {website}" in made.text
    assert f'{word}: <a href="{website}">{website}</a>' in made.html
    assert word not in letter("completion", language).text


@pytest.mark.parametrize(("purpose", "language"), TO_PEOPLE)
def test_every_mail_names_request_items_channel_and_time(purpose: str, language: str) -> None:
    made = letter(purpose, language)
    facts = LETTERS[purpose]
    words: dict[str, tuple[str, ...]] = {
        "ko": ("전화", "2026년 11월 22일 09:00"),
        "en": ("Phone", "22 November 2026"),
    }
    kinds = {
        "ko": {
            "correction": "개인정보 정정",
            "deletion": "개인정보 삭제",
            "access": "개인정보 열람",
            "restriction": "개인정보 처리정지",
            "objection": "개인정보 처리에 대한 이의",
            "inquiry": "문의",
        },
        "en": {
            "correction": "Correction",
            "deletion": "Deletion",
            "access": "Access",
            "restriction": "Restriction",
            "objection": "Objection",
            "inquiry": "Inquiry",
        },
    }
    everything = {"ko": "등록된 개인정보 전체", "en": "All personal data on file"}
    items = [label.text(language) for label in facts.fields]
    if not items and facts.kind != "inquiry":
        items = [everything[language]]
    assert "DSR-7K3M-Q9XA" in made.subject
    for part in (made.text, made.html):
        assert "DSR-7K3M-Q9XA" in part
        assert all(word in part for word in (*words[language], *items, kinds[language][facts.kind]))


@pytest.mark.parametrize(("purpose", "language"), ALL)
def test_text_is_laid_out_for_a_plain_reader(purpose: str, language: str) -> None:
    made = letter(purpose, language)
    long = [line for line in made.text.splitlines() if width(line) > 77 and "https://" not in line]
    assert not long
    assert "\n\n\n" not in made.text
    assert made.text.endswith(("습니다.\n", "automatically.\n"))
    assert not [line for line in made.text.splitlines() if line != line.rstrip()]
    assert "\n" not in made.subject


@pytest.mark.parametrize(("purpose", "language"), ALL)
def test_html_is_accessible_and_loads_nothing(purpose: str, language: str) -> None:
    made = letter(purpose, language)
    page = Page(made.html)
    assert page.open == []
    assert page.every("html")[0]["lang"] == language
    assert len(page.every("h1")) == 1
    assert made.subject in made.html
    assert {"name": "color-scheme", "content": "light dark"} in page.every("meta")
    for tag in ("img", "link", "script", "style", "iframe", "form", "input"):
        assert page.every(tag) == []
    assert not re.search(r"url\(|@import|class=", made.html)
    assert all(header.get("scope") == "row" for header in page.every("th"))


@pytest.mark.parametrize("purpose", [name for name in LETTERS if name.startswith("challenge")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_challenge_has_code_and_link_each_alone_on_a_line(purpose: str, language: str) -> None:
    lines = letter(purpose, language).text.split("\n")
    assert [line for line in lines if re.fullmatch(r"\d{8}", line)] == [CODE]
    assert [line for line in lines if re.fullmatch(r"https?://\S+", line)] == [LINK]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_challenge_offers_a_way_to_say_that_it_was_not_me(language: str) -> None:
    made = letter("challenge", language)
    links = [anchor["href"] for anchor in Page(made.html).every("a")]
    assert LINK in links
    assert NOT_ME in links
    assert NOT_ME in made.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_challenges_code_is_not_in_its_subject(language: str) -> None:
    assert CODE not in letter("challenge", language).subject


@pytest.mark.parametrize(
    "code", ["1234567", "123456789", "1234 5678", "1234567\n", "１２３４５６７８"]
)
def test_a_code_that_is_not_eight_digits_makes_no_challenge(code: str) -> None:
    with pytest.raises(ValueError, match="eight digits") as caught:
        ChallengeFacts(
            **COMMON, code=code, link=LINK, not_me_link=NOT_ME, ends_at=datetime.now(UTC)
        )
    assert code not in str(caught.value)


@pytest.mark.parametrize("link", ["javascript:alert(1)", LINK + "\n" + CODE, "https://a b", ""])
def test_a_link_that_could_add_a_line_makes_no_challenge(link: str) -> None:
    with pytest.raises(ValueError, match="link"):
        ChallengeFacts(
            **COMMON, code=CODE, link=link, not_me_link=NOT_ME, ends_at=datetime.now(UTC)
        )
    with pytest.raises(ValueError, match="link"):
        ChallengeFacts(**COMMON, code=CODE, link=LINK, not_me_link=link, ends_at=datetime.now(UTC))
    with pytest.raises(ValueError, match="link"):
        CompletionFacts(**COMMON, **RESULTS, receipt_link=link)
    with pytest.raises(ValueError, match="link"):
        CoolingFacts(**ALL_OF_HER, **{**COOLS_OFF, "stop_link": link})


@pytest.mark.parametrize("purpose", [n for n in LETTERS if n.startswith(UNPROVEN)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_to_an_unproven_address_has_no_way_in(purpose: str, language: str) -> None:
    made = letter(purpose, language)
    links = {anchor["href"] for anchor in Page(made.html).every("a")}
    expected = {f"mailto:{ORGANISATION.email}"} | {b.url for b in ORGANISATION.complaint_bodies}
    # It says only that no code came, which is answered alike whether or not one went out.
    assert links - expected == ({NOTHING_ARRIVED} if "acknowledgement" in purpose else set())
    assert not re.search(r"(?<!\d)\d{8}(?!\d)", made.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_completion_says_what_was_done_and_who_was_told(language: str) -> None:
    made = letter("completion", language)
    lines = {
        "ko": ("- 집 주소: 정정했습니다", "- 휴대전화 번호: 담당자가 검토하고 있습니다", "- 한빛택배: 알렸고, 반영했다는"),  # noqa: E501
        "en": ("- Home address: corrected", "- Mobile phone number: being reviewed", "- Hanbit Parcel: told; it confirmed that it made"),  # noqa: E501
    }  # fmt: skip
    assert all(line in made.text for line in lines[language])


def test_a_completion_without_recipients_says_so() -> None:
    facts = CompletionFacts(**COMMON, **{**RESULTS, "recipients": ()})
    assert "nobody else had received it" in COMPOSER.compose(facts, "en").text
    assert "받은 곳이 없어" in COMPOSER.compose(facts, "ko").html


def test_use_was_stopped_is_said_only_where_something_was_corrected() -> None:
    reviewed = CompletionFacts(**COMMON, **{**RESULTS, "outcomes": RESULTS["outcomes"][1:]})
    assert "neither used nor passed on" in letter("completion", "en").text
    assert "neither used nor passed on" not in COMPOSER.compose(reviewed, "en").text


def test_an_overdue_recipient_is_not_called_told() -> None:
    parcel = RESULTS["recipients"][0].name
    late = (RecipientOutcome(parcel, NoticeStatus.OVERDUE),)
    facts = InterimFacts(**COMMON, **{**RESULTS, "recipients": late})
    assert "Hanbit Parcel: did not answer in time" in COMPOSER.compose(facts, "en").text


def test_a_receipt_is_offered_once_there_is_one() -> None:
    facts = CompletionFacts(**COMMON, **RESULTS, receipt_link="https://dsr.example.kr/r/1")
    made = COMPOSER.compose(facts, "ko")
    assert "https://dsr.example.kr/r/1" in made.text
    assert 'href="https://dsr.example.kr/r/1"' in made.html
    assert "확인서" not in COMPOSER.compose(CompletionFacts(**COMMON, **RESULTS), "ko").text


@pytest.mark.parametrize("language", ["fr", "", "KO", "../ko", "en.txt"])
def test_an_unknown_language_falls_back_to_the_default(language: str) -> None:
    assert letter("challenge", language) == letter("challenge", "ko")
    english = Composer(ORGANISATION, default_language="en")
    assert english.compose(LETTERS["expiry"], language) == letter("expiry", "en")


def test_a_deadline_at_midnight_is_the_day_before_it() -> None:
    assert "2026년 12월 2일까지" in letter("acknowledgement", "ko").text
    assert "Due by: 2 December 2026" in letter("acknowledgement", "en").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alarm_names_request_kind_and_date_and_nothing_else_of_it(language: str) -> None:
    facts = LETTERS["alarm"]
    made = letter("alarm", language)
    for part in (made.text, made.html):
        assert "DSR-7K3M-Q9XA" in part
        assert {"ko": "2026년 12월 2일", "en": "2 December 2026"}[language] in part
        assert {"ko": "개인정보 정정", "en": "Correction"}[language] in part
        for untold in (*facts.fields, Label(ko="전화", en="Phone")):
            assert untold.text(language) not in part


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["disowned", "disowned, the package"])
def test_the_department_reads_who_disowned_what_and_nothing_else_of_it(
    name: str, language: str
) -> None:
    made = letter(name, language)
    said = {"ko": "등록된 연락처", "en": "contact on file"}[language]
    package = {"ko": "자료", "en": "package"}[language]
    assert (package in made.subject) == (name != "disowned")
    for part in (made.text, made.html):
        assert "DSR-7K3M-Q9XA" in part
        assert said in part
        assert {"ko": "2026년 11월 23일", "en": "23 November 2026"}[language] in part
        for untold in (*LETTERS[name].fields, Label(ko="전화", en="Phone")):
            assert untold.text(language) not in part


def test_an_alarm_says_whether_the_deadline_is_near_or_has_passed() -> None:
    near = LETTERS["alarm"]
    assert isinstance(near, AlarmFacts)
    late = replace(near, late=True)
    assert "다가" in letter("alarm", "ko").subject
    assert "지났습니다" in COMPOSER.compose(late, "ko").subject
    assert "is near" in letter("alarm", "en").text
    assert "has passed" in COMPOSER.compose(late, "en").text


def test_a_request_without_fields_is_about_everything_on_file() -> None:
    deletion = replace(LETTERS["challenge"], kind="deletion", fields=())
    inquiry = replace(LETTERS["acknowledgement"], kind="inquiry", fields=())
    assert "- 등록된 개인정보 전체" in COMPOSER.compose(deletion, "ko").text
    assert "on file" in COMPOSER.compose(deletion, "en").html
    assert "등록된 개인정보 전체" not in COMPOSER.compose(inquiry, "ko").text


def test_a_label_is_shown_literally() -> None:
    odd = Label(ko="<script>{{7*7}}</script>", en="<b>&{% raw %}")
    facts = replace(LETTERS["challenge"], fields=(odd,))
    korean, english = COMPOSER.compose(facts, "ko"), COMPOSER.compose(facts, "en")
    assert "- <script>{{7*7}}</script>" in korean.text
    assert "&lt;script&gt;{{7*7}}&lt;/script&gt;" in korean.html
    assert "&lt;b&gt;&amp;{% raw %}" in english.html
    assert "<script" not in korean.html


def test_the_same_facts_make_the_same_letter() -> None:
    assert Composer(ORGANISATION).compose(LETTERS["completion"], "ko") == letter("completion", "ko")
