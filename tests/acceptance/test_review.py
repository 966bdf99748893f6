"""The desk on the command line, on real servers: each journey ends with the person told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from schemas.errors import DsrError
from schemas.messages import Disown
from schemas.review import AddExhibit, Approve, Role
from tests.town import PASSWORD, Town
from tests.town.checks import assert_stores
from tests.town.company import Correction
from workers import wiring
from workers.cli import app
from workers.desk.decisions import Desk, NotDecided
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

QUESTION = {"kind": "inquiry", "statement": "주문 기록을 왜 보관합니까?"}


async def desk(
    town: Town, *arguments: str, by: str = "han", password: str = PASSWORD, typed: str = ""
) -> tuple[int, str, str]:
    """`dsr review …` in this process, which spares its start; one at a time."""
    env = {**town.env, "DSR_ACCOUNT_PASSWORD": password}
    words = ["review", *arguments, *(("--by", by) if by else ())]
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env=env, input=typed)
    assert done.exception is None or isinstance(done.exception, DsrError | SystemExit)
    return done.exit_code, done.stdout, str(done.exception or "")


async def decided(town: Town, *arguments: str, by: str = "han", typed: str = "") -> str:
    code, said, error = await desk(town, *arguments, by=by, typed=typed)
    assert code == 0, error
    return said


async def at_the_desk(town: Town, wish: Correction, **other: Any) -> str:
    """Submitted, and proven where it is a correction; its tracking code."""
    sent = await town.channel.submit(wish.submission(**other))
    tracking = str((await town.channel.answer(sent))["tracking"])
    if other.get("kind") != "inquiry":
        await town.prove(wish)
    await until(town, wish, "in_review")
    return tracking


async def disowned(town: Town, wish: Correction, parts: wiring.Parts) -> str:
    """Whoever reads the contact on file says that it was not she."""
    (tracking,) = await town.submit(wish)
    await town.until(lambda: bool(town.spool.of(wish.id, "challenge-1")), "a challenge")
    request = (await parts.requests.load([wish.id]))[wish.id]
    token = parts.tokens.link(wish.id, 1, "disown", request.digest)
    await carry(parts.house, STATIONS["verification"], [Item(Disown(tracking, token))])
    assert await town.status(wish) == "in_review"
    return tracking


async def until(town: Town, wish: Correction, status: str) -> None:
    async def stands() -> bool:
        return await town.status(wish) == status

    await town.until(stands, status)


async def told(town: Town, wish: Correction, purpose: str) -> Any:
    await town.until(lambda: bool(town.spool.of(wish.id, purpose)), purpose)
    (mail,) = town.spool.of(wish.id, purpose)
    return mail


async def test_a_name_is_corrected_once_a_person_approved_it_and_the_rest_is_refused_with_a_reason(
    town: Town,
) -> None:
    wish = town.correction(1, name="김민주", birth_date="1990-05-13")
    await town.work()
    code, said, _ = await town.dsr("account", "add", "han", "--role", "reviewer", typed=PASSWORD)
    assert (code, said) == (0, "added han, reviewer\n")
    await town.staff(park=Role.AGENT)
    tracking = await at_the_desk(town, wish)
    refused = [
        await desk(town, "approve", tracking, password="guessed it"),
        await desk(town, "approve", tracking, by="nobody"),
        await desk(town, "approve", tracking, by="park"),
        await desk(town, "refuse", tracking, "--reason", "because"),
    ]
    assert [code for code, _, _ in refused] == [1, 1, 1, 1]
    assert refused[0][2] == refused[1][2]
    _, masked, _ = await desk(town, "show", tracking, "--json", by="")
    assert "김민주" not in masked
    shown = await decided(town, "show", tracking, "--reveal", "evidence", "--json")
    assert "김민주" in shown

    granted = await decided(
        *(town, "approve", tracking, "--field", "birth_date=refuse:is_correct"),
        *("--reason", "주민등록표 초본을 봄", "--json"),
    )
    assert json.loads(granted)["tracking"] == tracking
    noted = json.loads(await decided(town, "show", tracking, "--reveal", "audit", "--json"))
    assert [note["text"] for note in noted["particulars"]["notes"]] == ["주민등록표 초본을 봄"]
    await town.until_completed([wish])
    member = await town.company["members"].find_one({"_id": 1})
    assert member["name"] == "김민주"
    assert "1990-05-13" not in repr(member)
    mail = await told(town, wish, "completion")
    assert mail.to == (wish.contact,)
    assert "개인정보 보호법 제36조 제2항" in mail.text
    history = (await town.request(wish))["history"]
    assert {e["what"] for e in history if e["by"] == "desk:han"} == {
        "revealed:evidence",
        "noted",
        "approved",
        "revealed:audit",
    }
    await assert_stores(town)


async def test_what_a_command_told_the_workers_is_not_owed_once_it_has_ended(town: Town) -> None:
    """Else the relay would tell them a second time."""
    wish = town.correction(1, name="김민주")
    worker = await town.work()
    await town.staff(han=Role.REVIEWER)
    tracking = await at_the_desk(town, wish)
    await worker.stop()
    await decided(town, "approve", tracking)
    request = await town.request(wish)
    assert request["status"] == "verified"
    assert request["outbox"] == []


async def test_put_off_asked_refused_and_answered_each_is_told(town: Town, tmp_path: Path) -> None:
    slow, asked = town.correction(1, name="김민주"), town.correction(2, name="이서연")
    question = town.correction(3)
    paper = tmp_path / "paper.txt"
    paper.write_text("여권 사본 canary-of-evidence")
    await town.work()
    await town.staff(han=Role.REVIEWER)
    first, second = await asyncio.gather(at_the_desk(town, slow), at_the_desk(town, asked))
    third = await at_the_desk(town, question, **QUESTION, changes=[])
    waiting = json.loads((await desk(town, "list", "--json", by=""))[1])
    assert {one["tracking"]: one["why"] for one in waiting} == {
        first: ["evidence_field"],
        second: ["evidence_field"],
        third: ["inquiry"],
    }
    due = (await town.request(slow))["deadline"]
    await decided(town, "extend", first, "--reason", "complex")
    await decided(town, "pause", second, "--missing", "evidence")
    await decided(town, "answer", third, "-", typed="법에 따라 5년 동안 보관합니다.")
    assert (await town.request(slow))["deadline"] > due
    assert "deadline" not in (await town.request(asked))["steps"]
    exhibit = (await decided(town, "attach", second, str(paper))).strip()
    assert "canary-of-evidence" not in repr(await town.ours["exhibits"].find_one())
    out = tmp_path / "seen.txt"
    await decided(town, "evidence", second, exhibit, str(out))
    refused = json.loads(await decided(town, "refuse", first, "--reason", "is_correct", "--json"))
    assert (refused["tracking"], refused["status"]) == (first, "refused")
    assert out.read_text() == paper.read_text()
    await decided(town, "resume", second)
    await decided(town, "approve", second)
    await town.until_completed([asked, question])

    async def destroyed() -> bool:
        return int(await town.ours["exhibits"].count_documents({})) == 0

    await town.until(destroyed, "the end of the evidence")
    assert await town.status(slow) == "refused"
    mails = {
        name: await told(town, wish, name)
        for name, wish in (
            ("extension", slow),
            ("refusal", slow),
            ("pause-1", asked),
            ("completion", asked),
            ("answer", question),
        )
    }
    assert mails["answer"].to == (question.writes_from,)
    assert "5년 동안" in mails["answer"].text
    assert {mails[name].to for name in ("extension", "refusal")} == {(slow.contact,)}
    assert "이의" in mails["refusal"].text
    usable = await town.company["members_usable"].find_one({"_id": 1})
    assert usable["name"] == slow.member["name"]
    await assert_stores(town)


async def test_what_cannot_be_undone_takes_two_people_or_one_and_a_day(town: Town) -> None:
    town.env["DSR_APPROVAL_DELAY_HOURS"] = "0.001"
    alone, two = town.deletion(3), town.deletion(4)
    await town.work()
    async with wiring.open_parts(town.settings) as parts:
        first, second = [await disowned(town, wish, parts) for wish in (alone, two)]
        await parts.accounts.add("han", Role.REVIEWER, PASSWORD, "a test")
        han = Desk(parts, await parts.accounts.prove("han", PASSWORD))
        with pytest.raises(NotDecided, match="attach"):
            await han.decide(first, Approve())
        for tracking in (first, second):
            await han.decide(tracking, AddExhibit(str(uuid4()), seen="여권"))
        await han.decide(first, Approve())
        announced = await told(town, alone, "approval-1")
        assert announced.to == (alone.contact,)
        assert "/stop/" in announced.text
        await town.until_completed([alone])
        assert await town.company["members"].count_documents({"_id": alone.key}) == 0

        await parts.accounts.add("choi", Role.OFFICER, PASSWORD, "a test")
        han = Desk(parts, await parts.accounts.prove("han", PASSWORD))
        choi = Desk(parts, await parts.accounts.prove("choi", PASSWORD))
        await han.decide(second, Approve())
        assert await town.status(two) == "in_review"
        with pytest.raises(NotDecided, match="second account"):
            await han.decide(second, Approve())
        await choi.decide(second, Approve())
    await town.until_completed([two])
    assert (await told(town, two, "completion")).to == (two.contact,)
    assert "approval-1" not in (await town.request(two))["mails"]
    await assert_stores(town)
