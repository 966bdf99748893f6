"""Attacks on the request form: each gets its answer, and none becomes a submission it is not."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.routing import Route

from tests.cast import datamap
from tests.integration.test_web_asking import (
    ADDRESS,
    CORRECTION,
    MINJI,
    draft_of,
    reviewed,
    sent,
)
from tests.third_parties import Behind
from tests.web_house import Site, open_site

FORM = {"content-type": "application/x-www-form-urlencoded"}


MACHINES = ("/notices", "/disclosures", "/opendsr")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(
        tmp_path / "secrets", the_map=datamap(), third_parties=Behind().build
    ) as opened:
        yield opened


def posted(site: Site) -> set[str]:
    """An address of every page with a button."""
    routes = [route for route in site.app.routes if isinstance(route, Route)]
    return {
        re.sub(r"\{\w+\}", "x", route.path.replace("{kind}", "access"))
        for route in routes
        if "POST" in (route.methods or ()) and not route.path.startswith(MACHINES)
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requester_email", '{"$gt": ""}'),
        ("home_address.postcode", '{"$gt": ""}'),
        ("requester_email", "minji@mail.example\r\nBcc: all@mail.example"),
        ("requester_name", "김민지\x00"),
        ("requester_name", "김민지\u202eexe"),
        ("login_id", "minji\r\nkim"),
    ],
)
async def test_a_value_that_is_no_such_value_is_422(site: Site, name: str, value: str) -> None:
    answer = await site.client.post(CORRECTION, data={**MINJI, **ADDRESS, name: value})
    assert answer.status_code == 422
    assert site.intake.submissions == []


@pytest.mark.parametrize("field", ["acct.is_admin", "roles.0", "_id", "__proto__", "password"])
async def test_a_field_that_the_map_does_not_let_be_corrected_is_never_asked_for(
    site: Site, field: str
) -> None:
    address = f"/request/correction?field={field}"
    page = await site.client.post(address, data={**MINJI, field: "x"})
    assert 'name="field"' in page.text
    typed = {**MINJI, **ADDRESS, field: "x"}
    assert (await site.client.post(f"{CORRECTION}&field={field}", data=typed)).status_code == 422
    both = await reviewed(site, f"{CORRECTION}&field={field}", {**MINJI, **ADDRESS})
    await sent(site, both)
    (body,) = site.intake.submissions
    assert [change["field"] for change in body["changes"]] == ["home_address"]


@pytest.mark.parametrize("kind", ["access", "deletion", "inquiry"])
async def test_an_input_that_the_form_does_not_have_is_422(site: Site, kind: str) -> None:
    typed = {**MINJI, "statement": "?", "subject.birth_date": "2015-03-02"}
    answer = await site.client.post(f"/request/{kind}", data=typed)
    assert answer.status_code == 422
    assert site.intake.submissions == []


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/request/access", "requester_name=a&requester_name=b&requester_email=a%40b.example"),
        ("/verify", "tracking=DSR-ACEF-HJKM&code=04820193&code=04820194"),
        ("/status", "tracking=DSR-ACEF-HJKM&tracking=DSR-ACEF-HJKA"),
        ("/send", "draft=a&draft=b"),
    ],
)
async def test_an_input_that_comes_twice_is_400(site: Site, address: str, typed: str) -> None:
    answer = await site.client.post(address, content=typed, headers=FORM)
    assert answer.status_code == 400
    assert site.intake.submissions == site.intake.proofs == []


async def test_boxes_that_are_ticked_together_are_no_repetition(site: Site) -> None:
    typed = {**MINJI, "chosen": ["home_address", "hobbies"]}
    answer = await site.client.post("/request/deletion", data=typed)
    assert answer.status_code == 200


async def test_a_choice_that_was_not_offered_is_422(site: Site) -> None:
    answer = await site.client.post("/request/deletion", data={**MINJI, "chosen": ["_id"]})
    assert answer.status_code == 422


async def test_a_lone_surrogate_is_400(site: Site) -> None:
    body = b"requester_name=%ED%A0%80"
    answer = await site.client.post("/request/access", content=body, headers=FORM)
    assert answer.status_code == 400


async def test_ten_megabytes_are_413_before_they_are_read(site: Site) -> None:
    read = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(160):
            read += 65536
            yield b"x" * 65536

    headers = {**FORM, "content-length": str(10 * 1024 * 1024)}
    pages = posted(site)
    assert {"/request/access", "/send", "/status", "/package/x/x", "/waiting/x/x"} <= pages
    for address in pages:
        answer = await site.client.post(address, content=flood(), headers=headers)
        assert (address, answer.status_code) == (address, 413)
        assert "<h1>" in answer.text
    assert read == 0


async def test_a_body_of_unknown_length_is_cut_off(site: Site) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"a=" + b"x" * 65536

    answer = await site.client.post("/request/access", content=endless(), headers=FORM)
    assert answer.status_code == 413


async def test_a_gzip_bomb_is_415(site: Site) -> None:
    bomb = gzip.compress(b"x" * 10_000_000)
    answer = await site.client.post(
        "/request/access", content=bomb, headers={**FORM, "content-encoding": "gzip"}
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data; boundary=x"])
async def test_what_is_no_form_is_415(site: Site, media: str) -> None:
    answer = await site.client.post("/send", content=b"{}", headers={"content-type": media})
    assert answer.status_code == 415


async def test_thousands_of_inputs_are_400(site: Site) -> None:
    body = urlencode([(f"a{number}", "x") for number in range(5000)]).encode()
    assert (await site.client.post("/send", content=body, headers=FORM)).status_code == 400


@pytest.mark.parametrize("text", ["{{7*7}}", "<script>alert(1)</script>", '=HYPERLINK("x")'])
async def test_markup_and_formulas_stay_what_was_typed(site: Site, text: str) -> None:
    review = await reviewed(site, "/request/access", {**MINJI, "requester_name": text})
    assert text not in review.text or "<" not in text
    assert "49" not in review.text.partition("<main")[2].partition("draft")[0]
    await sent(site, review)
    (body,) = site.intake.submissions
    assert body["requester"]["name"] == text


async def test_a_draft_that_we_did_not_seal_is_400(site: Site) -> None:
    sealed = draft_of(await reviewed(site, "/request/access", {**MINJI}))
    for forged in ("", "x", sealed[:-4] + "AAA=", sealed[::-1]):
        answer = await site.client.post("/send", data={"draft": forged})
        assert answer.status_code == 400
    assert site.intake.submissions == []


async def test_a_foreign_host_changes_no_link(site: Site) -> None:
    ours = await site.client.get("/")
    foreign = await site.client.get("/", headers={"host": "evil.example"})
    assert foreign.text == ours.text


@pytest.mark.parametrize("address", ["/", "/request/access", "/request/correction", "/send"])
async def test_a_scanners_get_or_head_does_nothing(site: Site, address: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        await site.client.request(method, address)
    assert site.intake.submissions == site.intake.proofs == []
