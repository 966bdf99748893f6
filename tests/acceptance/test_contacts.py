"""Contacts of every kind: by phone, by letter, by none that works; each hears what became of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import NotAllowed
from schemas.review import Role
from tests.town import Town
from tests.town.newcomers import ADDRESS, ask, join, standing, until
from tests.town.processes import dsr_here

CALLER = {"relation": "self", "name": "김서윤"}


async def done(town: Town, *arguments: str, typed: str = "") -> str:
    return await dsr_here(*arguments, settings=town.env, typed=typed)


async def corrected(town: Town, number: int) -> bool:
    member = await town.company["members"].find_one({"_id": number})
    return bool(member["profile"]["address"] == ADDRESS)


async def test_who_has_only_a_phone_is_called_two_confirm_it_and_the_end_is_told_by_phone(
    town: Town,
) -> None:
    member = await join(town, 1051, "byphone", email=None)
    await town.work()
    await town.staff(park=Role.AGENT, lim=Role.AGENT, han=Role.REVIEWER)
    request, tracking = await ask(
        town, "byphone", channel="phone", requester=CALLER, operator="lim"
    )
    await until(town, request, "awaiting_proof", task="call:challenge-1")
    listed = await done(town, "calls", "list", "--json")
    assert [(call["tracking"], call["word"]) for call in json.loads(listed)] == [
        (tracking, "challenge-1")
    ]
    assert member["phones"]["mobile"] not in listed
    shown = json.loads(await done(town, "calls", "show", tracking, "--by", "park", "--json"))
    assert shown["to"] == member["phones"]["mobile"]
    assert re.search(r"^\d{8}$", shown["text"], re.MULTILINE)
    await done(town, "calls", "confirmed", tracking, "--by", "park")
    for by in ("Park", "lim", "nobody1"):
        with pytest.raises(NotAllowed):
            await done(town, "calls", "confirmed", tracking, "--by", by)
    assert not await corrected(town, 1051)
    await done(town, "calls", "confirmed", tracking, "--by", "han")
    await until(town, request, "applied", task="call:completion")
    assert await corrected(town, 1051)
    await done(town, "calls", "done", tracking, "--by", "park")
    assert (await standing(town, request))["status"] == "completed"
    assert town.spool.of(request) == []
    await done(town, "audit", "verify")


async def test_a_letter_is_answered_by_letter_and_complete_once_that_is_posted(
    town: Town, tmp_path: Path
) -> None:
    await join(town, 1052, "byletter", email=None, phones={})
    await town.work()
    await town.staff(park=Role.AGENT, han=Role.REVIEWER)
    request, tracking = await ask(
        town,
        "byletter",
        channel="post",
        requester={**CALLER, "postal_address": "서울특별시 중구 세종대로 110"},
        subject={"login_id": "byletter", "name": "김서윤"},
    )
    await until(town, request, "awaiting_proof", task="letter:challenge-1")
    await done(town, "letters", "print", "--out", str(tmp_path / "out"), "--by", "park")
    page = (tmp_path / "out" / f"{tracking}-challenge-1.html").read_text()
    text = (tmp_path / "out" / f"{tracking}-challenge-1.txt").read_text()
    assert "김서윤 귀하" in page
    assert "관악로 1" in page, "the address on file, not the one that the letter gave"
    assert "세종대로" not in page
    assert (tmp_path / "out" / f"{tracking}-acknowledgement.txt").exists()
    (code,) = re.findall(r"^(\d{8})$", text, re.MULTILINE)
    await done(town, "letters", "done", tracking, "--by", "park", "--word", "challenge-1")
    await done(town, "prove", tracking, typed=f"{code[:4]} {code[4:]}\n")
    await until(town, request, "applied", task="letter:completion")
    assert await corrected(town, 1052)
    printed = await done(town, "letters", "print", "--out", str(tmp_path / "2"), "--by", "han")
    assert [Path(line).name for line in printed.splitlines()] == [
        f"{tracking}-completion.{kind}" for kind in ("html", "txt")
    ]
    await done(town, "letters", "done", tracking, "--by", "han", "--word", "completion")
    assert (await standing(town, request))["status"] == "completed"
    assert town.spool.of(request) == []


async def test_a_lost_mailbox_two_peoples_identifiers_and_a_shared_phone_tell_a_stranger_nothing(
    town: Town,
) -> None:
    shared: dict[str, Any] = {"phones": {"mobile": "010-7777-0001"}}
    await join(town, 1053, "first", **shared)
    await join(town, 1054, "second", **shared)
    await town.work()
    await town.staff(park=Role.AGENT)
    hers, tracking = await ask(town, "first", subject={"login_id": "first", "phone": "01077770001"})
    twos, other = await ask(
        town, "first", subject={"login_id": "first", "email": "second@mail.example"}
    )
    phones, third = await ask(town, "", subject={"phone": "010-7777-0001"})
    await town.until(lambda: bool(town.spool.of(hers, "challenge-1")), "her challenge")
    (mail,) = town.spool.of(hers, "challenge-1")
    assert mail.to == ("first@mail.example",)
    seen = []
    for request, code in ((hers, tracking), (twos, other), (phones, third)):
        await until(town, request, "awaiting_proof")
        await done(town, "nothing-arrived", code, "--by", "park")
        stands = await standing(town, request)
        seen.append((stands["status"], stands["review"]["why"], sorted(stands["steps"])))
        (ack,) = town.spool.of(request, "acknowledgement")
        assert f"/nothing-arrived/{code}/" in ack.text
    assert seen == [("in_review", ["nothing_arrived"], ["deadline"])] * 3
    assert not town.spool.of(twos, "challenge-1")
    assert not town.spool.of(phones, "challenge-1")
    assert not (await town.channel.answer(await town.channel.prove(tracking, mail.code)))[
        "accepted"
    ]
