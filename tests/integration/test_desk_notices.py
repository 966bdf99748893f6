"""What the desk does for recipients without an interface, and PINs of whoever has no mail."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from schemas.review import Role
from tests.desk_site import PAPER, DeskSite


async def test_a_task_at_a_recipient_is_listed_shown_on_record_and_settled(desk: DeskSite) -> None:
    tracking = await desk.at_paper()
    agent, which = await desk.signed_in("park"), {"tracking": tracking, "recipient": PAPER}
    listed = (await agent.get("/notices")).text
    assert tracking in listed
    assert "Paper files" in listed
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d KST", listed)
    assert "세종대로" not in listed
    shown = (await agent.press("/notices/show", **which)).text
    assert "Shelf, 3rd floor" in shown
    assert "세종대로 110" in shown
    seen = [one.by for one in (await desk.record(tracking)).history if one.what == "notice_shown"]
    assert seen == ["desk:park"]
    wrong = await agent.press("/notices/settle", **which, status="refused", reason="")
    assert wrong.status_code == 422
    assert (await agent.press("/notices/settle", **which, status="applied")).status_code == 303
    assert (await desk.record(tracking)).notices[PAPER].status == "applied"
    assert (await agent.press("/notices/settle", **which, status="applied")).status_code == 404
    assert PAPER not in (await desk.record(tracking)).waits_for


async def test_why_something_is_not_done_is_kept_sealed(desk: DeskSite) -> None:
    tracking = await desk.at_paper()
    agent, which = await desk.signed_in("lim"), {"tracking": tracking, "recipient": PAPER}
    said = await agent.press("/notices/settle", **which, status="refused", reason="서류가 없음")
    assert said.status_code == 303
    record = await desk.record(tracking)
    assert record.notices[PAPER].status == "refused"
    assert "서류가 없음" not in record.model_dump_json(exclude={"sealed"})
    particulars = await desk.parts.house.tools.sealer.open(record)
    assert [(one.by, one.text) for one in particulars.notes] == [("lim", f"{PAPER}: 서류가 없음")]


async def test_nobody_settles_what_is_about_themselves(desk: DeskSite) -> None:
    tracking = await desk.at_paper()
    record = await desk.record(tracking)
    own = await desk.account(Role.OFFICER, own=record.subject)
    person, which = await desk.signed_in(own), {"tracking": tracking, "recipient": PAPER}
    for path, more in (("/notices/show", {}), ("/notices/settle", {"status": "applied"})):
        assert (await person.press(path, **which, **more)).status_code == 403
    assert (await desk.record(tracking)).notices[PAPER].status == "delivered"


async def test_a_caller_without_mail_is_told_a_pin_that_opens_the_status_page(
    desk: DeskSite,
) -> None:
    agent = await desk.signed_in("park")
    said = {
        "channel": "phone", "kind": "inquiry", "relation": "self", "language": "en",
        "received": "2026-11-20T09:00", "subject.name": "김민지",
        "requester.phone": "010-1111-2222", "statement": "무엇을 보관합니까?",
    }  # fmt: skip
    taken = await agent.press("/entry", **said)
    (tracking, *_) = re.findall(r"DSR-\w{4}-\w{4}", taken.text)
    (pin,) = re.findall(r"<strong>(\d{4} \d{4})</strong>", taken.text)
    assert pin not in (await agent.get(f"/requests/{tracking}")).text

    async def status(code: str) -> str:
        typed = {"tracking": tracking, "code": code}
        english = {"accept-language": "en"}
        answer = await agent.client.post("/status", data=typed, headers=english)
        return answer.text

    assert "Our staff look at it." in await status(pin)
    newer = await agent.press(f"/requests/{tracking}/pin")
    (second,) = re.findall(r"<strong>(\d{4} \d{4})</strong>", newer.text)
    assert "not right" in await status(pin)
    assert "Our staff look at it." in await status(second)


async def test_whoever_gave_a_mail_address_gets_no_pin(desk: DeskSite) -> None:
    tracking = await desk.submitted(channel="phone", operator="park")
    agent = await desk.signed_in("park")
    assert (await agent.press(f"/requests/{tracking}/pin")).status_code == 403
    assert "Give a new PIN" not in (await agent.get(f"/requests/{tracking}")).text
    assert (await desk.record(tracking)).pin is None


async def test_a_case_is_told_in_words_and_in_the_time_of_the_desk(desk: DeskSite) -> None:
    tracking = await desk.submitted()
    await desk.until(tracking, "awaiting_proof")
    page = (await (await desk.signed_in("park")).get(f"/requests/{tracking}")).text
    for code in ("challenged", "mail_attempt", "challenge-1<", "mail:challenge", "UTC"):
        assert code not in page, code
    received = (await desk.record(tracking)).received_at.astimezone(desk_zone(desk))
    assert f"{received:%Y-%m-%d %H:%M} KST" in page


def desk_zone(desk: DeskSite) -> ZoneInfo:
    return ZoneInfo(desk.parts.settings.desk_zone)
