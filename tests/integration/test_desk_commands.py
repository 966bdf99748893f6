"""What the desk does by command takes what its pages take: an account that proves itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import NotAllowed
from schemas.request import RequestRecord
from schemas.review import Role
from tests.desk_site import PAPER, PASSWORD, DeskSite
from tests.integration.test_desk_roles import MAY
from tests.town.processes import dsr_here

NOBODY = "DSR-ACEF-HJKA"
COMMANDS = {
    ("calls", "show", NOBODY): "POST /tasks/reveal",
    ("calls", "done", NOBODY): "POST /tasks/done",
    ("calls", "confirmed", NOBODY): "POST /tasks/confirmed",
    ("calls", "stopped", NOBODY): "POST /tasks/confirmed",
    ("letters", "print", "--out", "letters"): "POST /tasks/print",
    ("letters", "done", NOBODY): "POST /tasks/done",
    ("tasks", "show", NOBODY, PAPER): "POST /notices/show",
    ("tasks", "done", NOBODY, PAPER): "POST /notices/settle",
    ("nothing-arrived", NOBODY): "POST /requests/{tracking}/nothing-arrived",
    ("pin", NOBODY): "POST /requests/{tracking}/pin",
    ("lift", NOBODY): "POST /requests/{tracking}/pin",
    ("dead", "retry", "0" * 24): "POST /parked/{parked}/retry",
    ("dead", "retry", "0" * 24, "--save", "body"): "POST /parked/{parked}/retry",
    ("dead", "drop", "0" * 24, "--reason", "x"): "POST /parked/{parked}/drop",
    ("recipient", "enable", PAPER): "POST /parked/{parked}/retry",
    ("review", "show", NOBODY, "--reveal", "audit"): "POST /requests/{tracking}/reveal",
    ("review", "approve", NOBODY): "POST /requests/{tracking}/decide",
    ("review", "attach", NOBODY, "--seen", "여권"): "POST /requests/{tracking}/attach",
    ("review", "evidence", NOBODY, "e-1", "seen"): "POST /requests/{tracking}/evidence",
}
"""Each with the button of the desk's pages that does the same, or what is most like it."""
NOT_PROVEN = "account and password do not belong together"
NOT_THEIRS = "your account may not do this"


async def dsr(desk: DeskSite, *words: str, by: str, password: str = PASSWORD) -> str:
    settings = {**desk.town.env, "DSR_ACCOUNT_PASSWORD": password}
    return await dsr_here(*words, "--by", by, settings=settings)


async def why_not(desk: DeskSite, *words: str, by: str, password: str = PASSWORD) -> str:
    """What the command said, of something that is not there, or where it may not be done."""
    try:
        return await dsr(desk, *words, by=by, password=password)
    except Exception as error:  # noqa: BLE001 - its words are what is asked for
        return str(error)


@pytest.fixture(autouse=True)
def _nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert {file.name for file in tmp_path.iterdir()} <= {"letters"}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_a_name_that_does_not_prove_itself_does_nothing(
    desk: DeskSite, command: tuple[str, ...]
) -> None:
    assert NOT_PROVEN in await why_not(desk, *command, by="nobody1")


async def test_nor_does_a_name_whose_password_was_guessed(desk: DeskSite) -> None:
    kept = await desk.account(Role.OFFICER)
    assert NOT_PROVEN in await why_not(desk, "pin", NOBODY, by=kept, password="guessed it")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_an_agent_may_by_command_what_an_agent_may_in_the_browser(
    desk: DeskSite, command: tuple[str, ...]
) -> None:
    said = await why_not(desk, *command, by="park")
    assert NOT_PROVEN not in said
    assert (NOT_THEIRS in said) == ("park" not in MAY[COMMANDS[command]])


async def called(desk: DeskSite, operator: str) -> RequestRecord:
    """Somebody with a number alone on file has called; this account has typed it in."""
    wish = desk.correction(hobbies=["등산"])
    await desk.town.company["members"].update_one(
        {"_id": wish.member["_id"]}, {"$unset": {"email": ""}}
    )
    name = wish.member["name"]
    said = wish.submission(
        channel="phone",
        operator=operator,
        requester={"relation": "self", "name": name},
        subject={"login_id": wish.member["login"]["id"], "name": name},
    )
    sent = await desk.town.channel.submit(said)
    tracking = str((await desk.town.channel.answer(sent))["tracking"])

    async def waits() -> bool:
        return "call:challenge-1" in (await desk.record(tracking)).tasks

    await desk.town.until(waits, "a call to make")
    return await desk.record(tracking)


async def test_two_accounts_confirm_a_call_and_neither_is_who_took_the_request_in(
    desk: DeskSite,
) -> None:
    tracking = (await called(desk, "lim")).tracking
    agent = await desk.signed_in("lim")
    assert (await agent.press("/tasks/confirmed", tracking=tracking)).status_code == 403
    with pytest.raises(NotAllowed, match="you took it in yourself"):
        await dsr(desk, "calls", "confirmed", tracking, by="lim")
    shown = json.loads(await dsr(desk, "calls", "show", tracking, "--json", by="park"))
    assert re.search(r"^\d{8}$", shown["text"], re.MULTILINE)
    assert "a second person" in await dsr(desk, "calls", "confirmed", tracking, by="park")
    with pytest.raises(NotAllowed, match="you have said so already"):
        await dsr(desk, "calls", "confirmed", tracking, by=" Park")
    assert (await desk.record(tracking)).status == "awaiting_proof"
    assert "proven" in await dsr(desk, "calls", "confirmed", tracking, by="han")
    by = [(one.what, one.by) for one in (await desk.record(tracking)).history]
    assert {*by} >= {
        ("number_shown", "desk:park"),
        ("call_confirmed", "desk:park"),
        ("proven", "desk:han"),
    }


async def test_nobody_looks_after_what_is_about_themselves_by_command_or_in_the_browser(
    desk: DeskSite,
) -> None:
    record = await called(desk, "lim")
    own = await desk.account(Role.OFFICER, own=record.subject)
    person = await desk.signed_in(own)
    for words in (("show",), ("done",), ("confirmed",), ("stopped",)):
        with pytest.raises(NotAllowed, match="about yourself"):
            await dsr(desk, "calls", *words, record.tracking, by=own)
    for command in ("pin", "lift", "nothing-arrived"):
        with pytest.raises(NotAllowed, match="about yourself"):
            await dsr(desk, command, record.tracking, by=own)
    for page in ("reveal", "done", "confirmed"):
        answer = await person.press(f"/tasks/{page}", tracking=record.tracking, route="call")
        assert answer.status_code == 403
    assert await desk.done_by_hand(record.tracking) == []
