"""What the pages of the desk show and record, beyond what the browser walks through."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from schemas.review import Role
from tests.desk_site import PASSWORD, QUESTION, DeskSite
from workers.wiring import receipt_key, verify_receipt


async def test_particulars_are_masked_until_they_are_revealed_on_record(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk(**{**QUESTION, "statement": "비밀 질문"})
    han = await desk.signed_in("han")
    assert "비밀 질문" not in (await han.get(f"/requests/{tracking}")).text
    wrong = await han.press(f"/requests/{tracking}/reveal", purpose="curiosity")
    assert wrong.status_code == 422
    assert "비밀 질문" in (await han.press(f"/requests/{tracking}/reveal", purpose="answer")).text
    (last,) = [one for one in (await desk.record(tracking)).history if one.by == "desk:han"]
    assert last.what == "revealed:answer"
    assert "비밀 질문" not in (await han.get(f"/requests/{tracking}")).text


async def test_an_account_that_is_called_like_a_stage_is_named_all_the_same(
    desk: DeskSite,
) -> None:
    await desk.parts.accounts.add("mailing", Role.REVIEWER, PASSWORD, "a test")
    person, tracking = await desk.signed_in("mailing"), await desk.at_the_desk()
    await person.press(f"/requests/{tracking}/attach", seen="a passport")
    shown = (await person.press(f"/requests/{tracking}/reveal", purpose="evidence")).text
    assert len(re.findall(r"· mailing ·", shown)) == 1, "the evidence"
    assert len(re.findall(r"· mailing:", shown)) == 1, "the note that describes it"
    assert len(re.findall(r"· mailing</span>", shown)) == 2, "its history"


async def test_a_preview_changes_nothing_and_says_what_follows(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk(**QUESTION)
    han, before = await desk.signed_in("han"), await desk.record(tracking)
    said = {"what": "answer", "text": "법이 정하기 때문입니다.", "closing": "answered"}
    shown = await han.press(f"/requests/{tracking}/preview", **said)
    assert "법이 정하기 때문입니다." in shown.text
    assert await desk.done_by_hand(tracking) == []
    assert (await desk.record(tracking)).status == "in_review"
    done = await han.press(f"/requests/{tracking}/decide", id="d-1", note="전화로 확인", **said)
    assert done.status_code == 303
    await desk.until(tracking, "completed")
    (mail,) = desk.town.spool.of(before.id, "answer")
    assert "법이 정하기 때문입니다." in mail.text
    assert (
        "법이 정하기 때문입니다." not in (await han.get(f"/requests/{tracking}/mails/answer")).text
    )


async def test_the_receipt_of_what_is_completed_is_handed_out(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk(**QUESTION)
    han = await desk.signed_in("han")
    early = await han.get(f"/requests/{tracking}/signed/receipt")
    assert early.status_code == 404
    said = {"what": "answer", "text": "법이 정하기 때문입니다.", "closing": "answered", "id": "1"}
    await han.press(f"/requests/{tracking}/decide", **said)
    await desk.until(tracking, "completed")
    page = (await han.get(f"/requests/{tracking}")).text
    (address,) = re.findall(r'href="/desk(/requests/[^"?]*/signed/receipt)', page)

    async def issued() -> bool:
        return (await han.get(address)).status_code == 200

    await desk.town.until(issued, "the receipt")
    receipt = await han.get(address)
    assert receipt.headers["content-disposition"] == 'attachment; filename="receipt.json"'
    key = receipt_key(desk.parts.settings)
    assert verify_receipt(receipt.content, key).tracking == tracking
    assert (await han.get(f"/requests/{tracking}/signed/certificate")).status_code == 404


async def test_pressed_twice_it_is_one_decision(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk()
    han = await desk.signed_in("han")
    refusal = {"what": "refuse", "reason": "is_correct", "id": "d-1"}
    assert (await han.press(f"/requests/{tracking}/decide", **refusal)).status_code == 303
    again = await han.press(f"/requests/{tracking}/decide", **refusal)
    assert again.status_code == 409
    assert "does not wait for a decision any more" in again.text
    history = (await desk.record(tracking)).history
    assert [one.what for one in history].count("refused:is_correct") == 1


async def test_the_clock_is_stopped_started_and_put_off_from_the_page(desk: DeskSite) -> None:
    tracking = await desk.at_the_desk()
    han, before = await desk.signed_in("han"), await desk.record(tracking)
    page = f"/requests/{tracking}"
    await han.press(f"{page}/decide", what="pause", missing=["identity", "evidence"], id="1")
    paused = await desk.record(tracking)
    assert paused.review is not None and paused.review.pause is not None
    assert paused.review.pause.missing == ("identity", "evidence")
    assert (await han.press(f"{page}/decide", what="resume", id="2")).status_code == 303
    assert (await han.press(f"{page}/decide", what="extend", reason="complex", id="3")).is_redirect
    assert (await desk.record(tracking)).deadline > before.deadline
    twice = await han.press(f"{page}/preview", what="extend", reason="complex")
    assert (twice.status_code, "once already" in twice.text) == (409, True)


async def test_a_letter_is_printed_on_record_with_a_style_that_the_policy_lets_in(
    desk: DeskSite,
) -> None:
    post = {"relation": "self", "postal_address": "서울시 중구 세종대로 1"}
    tracking = await desk.submitted(channel="post", operator="park", requester=post)
    record = await desk.record(tracking)

    async def waits() -> bool:
        return "letter:acknowledgement" in (await desk.record(tracking)).tasks

    await desk.town.until(waits, "a letter")
    agent = await desk.signed_in("park")
    assert "세종대로" not in (await agent.get("/tasks")).text
    which = {"tracking": tracking, "word": "acknowledgement", "route": "letter"}
    letter = await agent.press("/tasks/print", **which)
    assert "세종대로 1" in letter.text
    assert "sha256-" in letter.headers["content-security-policy"]
    assert (await desk.done_by_hand(tracking))[-1] == "letter_printed"
    assert (await agent.press("/tasks/done", **which, reached="")).status_code == 303
    assert (await desk.record(tracking)).mails["acknowledgement"].status == "sent"
    assert (await agent.press("/tasks/done", **which, reached="")).status_code == 404
    assert record.id


async def test_a_correction_that_does_not_fit_its_field_is_told_and_not_taken_in(
    desk: DeskSite,
) -> None:
    agent = await desk.signed_in("park")
    typed = {
        "channel": "post", "kind": "correction", "relation": "self", "field": "home_address",
        "received": "2026-11-27T09:00", "language": "ko", "subject.login_id": "minji.kim",
        "home_address.postcode": "1", "home_address.road": "세종대로 1",
    }  # fmt: skip
    before = await desk.town.ours["requests"].count_documents({})
    answer = await agent.press("/entry", **typed)
    assert answer.status_code == 422
    assert "changes.home_address" in answer.text
    assert 'value="세종대로 1"' in answer.text
    assert await desk.town.ours["requests"].count_documents({}) == before


async def test_a_letter_is_sealed_and_counts_from_the_day_on_which_it_came(
    desk: DeskSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = desk.parts.house
    monkeypatch.setattr(house, "rules", replace(house.rules, require_sealed=True))
    agent = await desk.signed_in("lim")
    said = {
        "channel": "post", "kind": "inquiry", "relation": "self", "language": "ko",
        "received": "2026-11-20T09:00", "subject.name": "김민지",
        "requester.postal_address": "서울시 중구 1", "statement": "무엇을 보관합니까?",
    }  # fmt: skip
    answer = await agent.press("/entry", **said)
    (tracking, *_) = re.findall(r"DSR-\w{4}-\w{4}", answer.text)
    record = await desk.record(tracking)
    assert record.received_at.isoformat() == "2026-11-20T00:00:00+00:00"
    assert record.channel == "post"


async def test_the_audit_and_the_figures_count_what_is_there(desk: DeskSite) -> None:
    officer = await desk.signed_in("choi")
    there = await desk.town.ours["requests"].count_documents({})
    assert f"{there} requests were checked." in (await officer.press("/audit")).text
    counted = await desk.parts.desk_reads.figures()
    assert sum(counted["status"].values()) == sum(counted["channel"].values()) == there


async def test_no_page_has_a_script_or_a_style_of_its_own(desk: DeskSite) -> None:
    tracking = await desk.submitted()
    officer = await desk.signed_in("choi")
    for path in ("/", f"/requests/{tracking}", "/figures", "/entry", "/staff", "/own"):
        answer = await officer.get(path)
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text), path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    half = await desk.signed_in("lim", complete=False)
    assert not re.search(r"<script|<style|\sstyle=", (await half.get("/second-factor")).text)
