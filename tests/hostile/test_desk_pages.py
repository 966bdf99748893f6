"""Somebody of the desk who goes too far on its pages: refused, and nothing has happened."""

from __future__ import annotations

import re

import pytest

from schemas.review import Role
from tests.desk_site import QUESTION, DeskSite


async def test_verified_without_evidence(desk: DeskSite) -> None:
    tracking = await desk.submitted()
    await desk.until(tracking, "awaiting_proof")
    agent, reviewer = await desk.signed_in("park"), await desk.signed_in("han")
    await agent.press(f"/requests/{tracking}/nothing-arrived")
    assert (await desk.record(tracking)).status == "in_review"
    before = await desk.done_by_hand(tracking)
    for path in ("preview", "decide"):
        answer = await reviewer.press(f"/requests/{tracking}/{path}", what="approve", id="x")
        assert answer.status_code == 403
        assert "Attach what you were shown first" in answer.text
    assert await desk.done_by_hand(tracking) == before
    assert (await desk.record(tracking)).status == "in_review"


async def test_filing_and_approving_by_one_person(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk(channel="phone", operator="han")
    han = await desk.signed_in("han")
    answer = await han.press(f"/requests/{tracking}/decide", what="approve", id="x")
    assert answer.status_code == 403
    assert "You took this request in yourself" in answer.text
    assert await desk.done_by_hand(tracking) == []
    assert (await desk.record(tracking)).status == "in_review"


async def test_ones_own_record(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk()
    record = await desk.record(tracking)
    name = await desk.account(Role.OFFICER, own=record.subject)
    person = await desk.signed_in(name)
    assert (await person.get(f"/requests/{tracking}")).status_code == 403
    for path, fields in (
        ("reveal", {"purpose": "identity"}),
        ("preview", {"what": "approve"}),
        ("decide", {"what": "approve", "id": "x"}),
        ("note", {"note": "…"}),
        ("attach", {"seen": "…"}),
    ):
        answer = await person.press(f"/requests/{tracking}/{path}", **fields)
        assert answer.status_code == 403, path
    assert await desk.done_by_hand(tracking) == []
    assert (await desk.record(tracking)).status == "in_review"


@pytest.mark.parametrize("typed", [".*", "DSR-.*", '{"$gt": ""}', "$where", "%00", "DSR-****-****"])
async def test_a_pattern_in_a_search_is_literal(desk: DeskSite, typed: str) -> None:
    agent = await desk.signed_in("park")
    answer = await agent.client.get(
        "/desk/", params={"code": typed}, headers={"accept-language": "en"}
    )
    assert answer.status_code == 200
    assert "No request has this tracking code" in answer.text


@pytest.mark.parametrize("name", ["status", "kind", "channel"])
@pytest.mark.parametrize("value", ['{"$ne": 1}', "$where", "completed' or 1", ".*"])
async def test_a_filter_is_one_of_the_list_or_none(desk: DeskSite, name: str, value: str) -> None:
    agent = await desk.signed_in("park")
    every = await agent.client.get("/desk/")
    filtered = await agent.client.get("/desk/", params={name: value})
    assert filtered.status_code == 200
    assert filtered.text.count("<tr>") == every.text.count("<tr>")


async def test_a_button_of_another_session_is_not_pressed(desk: DeskSite) -> None:
    han, choi = await desk.signed_in("han"), await desk.signed_in("choi")
    (word,) = set(re.findall(r'name="csrf" value="([^"]+)"', (await han.get("/own")).text))
    assert (await choi.post("/audit", csrf=word)).status_code == 403


async def test_another_site_cannot_press_a_button(desk: DeskSite) -> None:
    choi = await desk.signed_in("choi")
    (word, *_) = re.findall(r'name="csrf" value="([^"]+)"', (await choi.get("/own")).text)
    answer = await choi.client.post(
        "/desk/audit", data={"csrf": word}, headers={"sec-fetch-site": "same-site"}
    )
    assert answer.status_code == 403


async def test_ten_thousand_entries_at_once_meet_a_quota(
    desk: DeskSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("workers.web.desk.entry.A_DAY", 1)
    person = await desk.signed_in(await desk.account(Role.AGENT))
    first = await person.press("/code", tracking="DSR-ACEF-HJK2", code="1")
    assert first.status_code != 422
    assert not [line for line in caplog.records if line.message == "desk_quota"]
    assert (await person.press("/code", tracking="DSR-ACEF-HJK2", code="1")).status_code == 422
    (line,) = [line for line in caplog.records if line.message == "desk_quota"]
    assert line.levelname == "WARNING"
    assert vars(line)["dsr"] == {"code": "entries", "count": 2}


async def test_what_people_wrote_is_shown_as_they_wrote_it(desk: DeskSite) -> None:
    evil = "<script>alert(1)</script> {{7*7}}"
    tracking = await desk.at_the_desk(**{**QUESTION, "statement": evil})
    han = await desk.signed_in("han")
    shown = await han.press(f"/requests/{tracking}/reveal", purpose="answer")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in shown.text
    assert "<script" not in shown.text


async def test_what_was_handed_in_never_opens_as_a_page_of_ours(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk()
    han = await desk.signed_in("han")
    (word, *_) = re.findall(r'name="csrf" value="([^"]+)"', (await han.get("/own")).text)
    await han.client.post(
        f"/desk/requests/{tracking}/attach",
        data={"csrf": word},
        files={"file": ('a";\r\n.html', b"<script>1</script>", "text/html")},
    )
    record = await desk.record(tracking)
    assert record.review is not None
    (exhibit,) = record.review.exhibits
    answer = await han.press(
        f"/requests/{tracking}/evidence", exhibit=exhibit.id, purpose="evidence"
    )
    assert answer.content == b"<script>1</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''a")
    assert (await desk.done_by_hand(tracking))[-1] == "revealed:evidence"


async def test_a_form_that_is_too_large_is_not_read(desk: DeskSite) -> None:
    agent = await desk.signed_in("park")
    answer = await agent.press("/entry", statement="x" * 100_000)
    assert answer.status_code == 413
    assert (await desk.stranger().post("/login", name="x" * 100_000)).status_code == 413
