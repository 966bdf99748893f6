"""What waits, who ends the wait, and what nobody asked for: on the real servers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.evidence import DestructionCertificate
from schemas.review import Role
from tests.town import Town
from tests.town.newcomers import ask, join, standing, until
from tests.town.processes import dsr_here

LONG_AGO = datetime.now(UTC) - timedelta(days=900)
WAITS = {"DSR_COOLING_OFF_HOURS": "24", "DSR_COOLING_OFF_YOUNG_HOURS": "120"}


async def done(town: Town, *arguments: str) -> str:
    return await dsr_here(*arguments, settings=town.env)


async def prove(town: Town, request: str, tracking: str) -> None:
    """By the code that her mailbox got."""
    await town.until(lambda: bool(town.spool.of(request, "challenge-1")), "a challenge")
    (mail,) = town.spool.of(request, "challenge-1")
    answer = await town.channel.answer(await town.channel.prove(tracking, mail.code))
    assert answer == {"accepted": True}


@pytest.mark.parametrize("kind", ["access", "deletion"])
async def test_a_mailbox_alone_waits_and_a_call_to_the_number_on_file_ends_it_or_stops_it(
    town: Town, kind: str
) -> None:
    town.env |= WAITS
    since = {"contact_since": {"email": LONG_AGO, "mobile": LONG_AGO}}
    for number, login in ((1061, "goeson"), (1062, "stops")):
        await join(town, number, login, **since)
    await town.work()
    await town.staff(park=Role.AGENT, han=Role.REVIEWER)
    asked = [await ask(town, login, kind=kind, changes=None) for login in ("goeson", "stops")]
    for request, tracking in asked:
        await prove(town, request, tracking)
        await until(town, request, "verified", task="call:cooling-2")
    (goes, first), (stops, second) = asked
    shown = json.loads(await done(town, "calls", "show", first, "--by", "park", "--json"))
    assert shown["to"] == "010-4444-1061"
    await done(town, "calls", "confirmed", first, "--by", "park")
    assert (await standing(town, goes))["status"] == "verified"
    await done(town, "calls", "confirmed", first, "--by", "han")
    await done(town, "calls", "stopped", second, "--by", "park")
    await until(town, goes, "completed")
    await until(town, stops, "withdrawn")
    await town.until(lambda: bool(town.spool.of(stops, "withdrawal-1")), "that it was stopped")
    there = await town.company["members"].distinct("_id", {"_id": {"$in": [1061, 1062]}})
    assert there == ([1061, 1062] if kind == "access" else [1062])
    assert await town.ours["packages"].count_documents({}) == (kind == "access")
    await done(town, "audit", "verify")


async def test_whose_purpose_ended_is_deleted_told_of_and_looked_after_without_a_word(
    town: Town,
) -> None:
    town.env |= {"DSR_SECOND_SCAN_HOURS": "0.002"}
    await join(town, 1063, "left", left_at=datetime.now(UTC) - timedelta(days=6))
    await town.company["disclosures"].insert_one(
        {"member_id": 1063, "recipient": "hanbit-delivery", "items": ["name"], "at": LONG_AGO}
    )
    await town.work()
    report = json.loads(await done(town, "retention", "run", "--json"))
    swept = [one for one in report["swept"] if one["what"] == "subject"]
    assert [(one["name"], one["documents"]) for one in swept] == [("ended_membership", 1)]
    assert await town.company["members"].count_documents({"_id": 1063}) == 0

    async def looked_after() -> bool:
        found = await town.ours["requests"].find_one({"rule": "ended_membership"})
        request.update(found or {})
        return request.get("status") == "completed" and "rescan" not in request["steps"]

    request: dict[str, Any] = {}
    await town.until(looked_after, "the second scan")
    (call,) = town.recipients["hanbit-delivery"].calls
    assert call.body["type"] == "deletion"
    certificate = DestructionCertificate.model_validate(request["certificate"])
    assert len(certificate.rescans) == 2
    assert town.spool.of(request["_id"]) == []
    assert (request["channel"], request["proof"]["route"]) == ("retention", "retention")
    await done(town, "audit", "verify")
