"""The request form: from the cards to a submission, without scripts and without cookies."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.cast import JIHO, NEW_ADDRESS, NEW_HOBBIES, datamap
from tests.web_house import TRACKING, Site, open_site
from workers.adapters import drafts
from workers.web.asking.kinds import RIGHTS

ADDRESS = {f"home_address.{part}": value for part, value in NEW_ADDRESS.items()}
MINJI = {
    "requester_name": "김민지",
    "requester_email": "minji@mail.example",
    "login_id": "minji.kim",
}
CORRECTION = "/request/correction?field=home_address"
CHILD = {
    "requester_name": JIHO["name"],
    "requester_email": JIHO["email"],
    "child_name": "이하늘",
    "child_login_id": "haneul.lee",
    "child_birth_date": "2015-03-02",
}

Typed = Mapping[str, str | list[str]]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", the_map=datamap()) as opened:
        yield opened


def draft_of(answer: httpx.Response) -> str:
    found = re.search(r'name="draft" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


async def reviewed(
    site: Site, address: str, typed: Mapping[str, str | list[str]]
) -> httpx.Response:
    answer = await site.client.post(address, data=typed)
    assert answer.status_code == 200, answer.text
    return answer


async def sent(site: Site, review: httpx.Response) -> httpx.Response:
    return await site.client.post("/send", data={"draft": draft_of(review)})


async def test_the_first_page_offers_every_right(site: Site) -> None:
    page = (await site.client.get("/?for=child&lang=en")).text
    for kind in RIGHTS:
        assert f'href="/request/{kind}?for=child&amp;lang=en"' in page


async def test_a_correction_becomes_the_submission_of_the_contract(site: Site) -> None:
    typed = {**MINJI, **ADDRESS, "now.home_address": "세종대로 110"}
    review = await reviewed(site, CORRECTION, typed)
    assert site.intake.submissions == []
    page = await sent(site, review)
    assert TRACKING in page.text
    (body,) = site.intake.submissions
    assert body["kind"] == "correction"
    assert body["channel"] == "web"
    assert body["changes"] == [{"field": "home_address", "value": NEW_ADDRESS}]
    assert body["subject"] == {"login_id": "minji.kim"}
    assert body["requester"]["email"] == "minji@mail.example"
    assert body["statement"] == "자택 주소: 지금 세종대로 110"


async def test_what_is_typed_in_lists_choices_and_rows_keeps_its_shape(site: Site) -> None:
    fields = ("hobbies", "gender", "anniversaries")
    address = "/request/correction?" + "&".join(f"field={name}" for name in fields)
    typed = {
        **MINJI,
        "hobbies": "\r\n".join(NEW_HOBBIES),
        "gender": "female",
        "anniversaries.0.name": "결혼",
        "anniversaries.0.date": "2019-05-04",
    }
    await sent(site, await reviewed(site, address, typed))
    (body,) = site.intake.submissions
    assert {change["field"]: change["value"] for change in body["changes"]} == {
        "hobbies": NEW_HOBBIES,
        "gender": "female",
        "anniversaries": [{"name": "결혼", "date": "2019-05-04"}],
    }


async def test_a_row_that_was_begun_must_be_filled_in(site: Site) -> None:
    address = "/request/correction?field=anniversaries&lang=en"
    answer = await site.client.post(address, data={**MINJI, "anniversaries.1.name": "결혼"})
    assert answer.status_code == 422
    assert 'id="anniversaries.1.date-error">Please fill this in.' in answer.text
    assert 'id="anniversaries.0.date-error"' not in answer.text


async def test_a_guardian_asks_for_a_child(site: Site) -> None:
    await sent(site, await reviewed(site, "/request/access?for=child", CHILD))
    (body,) = site.intake.submissions
    assert body["requester"] == JIHO
    assert body["subject"] == {
        "name": "이하늘",
        "login_id": "haneul.lee",
        "birth_date": "2015-03-02",
    }


@pytest.mark.parametrize(
    ("address", "chosen"),
    [("/request/deletion", "hobbies"), ("/request/objection", "marketing")],
)
async def test_a_part_can_be_named_or_nothing_which_is_all(
    site: Site, address: str, chosen: str
) -> None:
    await sent(site, await reviewed(site, address, {**MINJI, "chosen": [chosen]}))
    await sent(site, await reviewed(site, address, {**MINJI}))
    assert [body.get("fields") for body in site.intake.submissions] == [[chosen], None]


async def test_the_same_page_sent_again_is_the_same_submission(site: Site) -> None:
    review = await reviewed(site, CORRECTION, {**MINJI, **ADDRESS})
    for _ in range(3):
        await sent(site, review)
    first, second, third = site.intake.submissions
    assert first == second == third


async def test_a_form_that_was_changed_after_all_is_another_submission(site: Site) -> None:
    review = await reviewed(site, CORRECTION, {**MINJI, **ADDRESS})
    await sent(site, review)
    back = await site.client.post(CORRECTION, data={"draft": draft_of(review)})
    assert 'value="minji.kim"' in back.text
    await sent(site, await reviewed(site, CORRECTION, {**MINJI, **ADDRESS, "login_id": "minji"}))
    ids = [body["submission_id"] for body in site.intake.submissions]
    assert len(set(ids)) == 2


async def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(site: Site) -> None:
    typed = {**MINJI, **ADDRESS, "home_address.postcode": "o6236", "requester_email": "minji@"}
    answer = await site.client.post(CORRECTION + "&lang=en", data=typed)
    assert answer.status_code == 422
    page = unescape(answer.text)
    for value in typed.values():
        assert f'value="{value}"' in page
    assert 'aria-describedby="home_address.postcode-error"' in page
    assert 'id="home_address.postcode-error">This does not have the form' in page
    assert 'id="requester_email-error">Please type one whole address' in page
    assert site.intake.submissions == []


async def test_somebody_who_names_nobody_is_asked_to(site: Site) -> None:
    answer = await site.client.post(
        "/request/access?lang=en", data={"requester_name": "김민지", "requester_phone": "1"}
    )
    assert "Fill in at least one of these" in answer.text
    assert "Please type the whole number" in answer.text


async def test_a_page_that_was_open_for_too_long_is_shown_again_before_it_is_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = await reviewed(site, CORRECTION, {**MINJI, **ADDRESS})
    monkeypatch.setattr(drafts, "GOOD_FOR", -timedelta(hours=2).total_seconds())
    late = await sent(site, review)
    assert "테헤란로" in late.text
    assert site.intake.submissions == []
    monkeypatch.undo()
    await sent(site, late)
    assert len(site.intake.submissions) == 1


async def test_without_the_broker_nothing_is_said_to_be_taken(site: Site) -> None:
    review = await reviewed(site, CORRECTION, {**MINJI, **ADDRESS})
    site.intake.away = True
    assert (await sent(site, review)).status_code == 503
    site.intake.away = False
    assert (await sent(site, review)).status_code == 200


async def test_no_page_of_the_form_sets_a_cookie_or_brings_a_script(site: Site) -> None:
    pages = [
        await site.client.get("/"),
        await site.client.get("/request/correction"),
        review := await reviewed(site, CORRECTION, {**MINJI, **ADDRESS}),
        await sent(site, review),
    ]
    for page in pages:
        assert "set-cookie" not in page.headers
        assert "<script" not in page.text
        assert "style=" not in page.text
