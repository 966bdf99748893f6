"""`dsr doctor` tells all it finds, whatever fails on the way."""

from __future__ import annotations

import asyncio
import json

import pytest
import typer

from schemas.errors import Unreachable
from workers import doctor
from workers.cli import doctor as command
from workers.doctor.finding import Finding, fine
from workers.settings import Settings


async def silent(_: Settings) -> list[Finding]:
    await asyncio.sleep(0)
    raise Unreachable("MongoDB does not answer; check DSR_MONGO_URL and the server")


async def broken(_: Settings) -> list[Finding]:
    await asyncio.sleep(0)
    raise ValueError("Kim Minji")


async def well(_: Settings) -> list[Finding]:
    await asyncio.sleep(0)
    return [fine("well", "all of it")]


async def test_a_check_that_fails_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = (("one", silent), ("two", silent), ("three", broken), ("four", well))
    monkeypatch.setattr(doctor, "CHECKS", checks)
    one, two, three, four = await doctor.examine(Settings())
    assert (one.ok, one.fatal) == (False, True)
    assert "check DSR_MONGO_URL" in one.detail
    assert (two.ok, two.fatal, two.what) == (False, False, "two")
    assert three.detail == "could not be looked at (ValueError)"
    assert four.ok


async def test_without_the_management_api_policies_are_only_doubtful() -> None:
    (finding,) = await doctor.broker.management(Settings(amqp_management_url=""))
    assert (finding.ok, finding.fatal) == (False, False)
    assert "not looked at" in finding.detail
    assert "DSR_AMQP_MANAGEMENT_URL" in finding.advice


@pytest.mark.parametrize("url", ["rabbit:15672", "http://", "ftp://rabbit", "http://rabbit:many"])
async def test_a_management_address_that_is_none_is_refused_by_its_name(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (("policies", doctor.broker.management),))
    (finding,) = await doctor.examine(Settings(amqp_management_url=url))
    assert "DSR_AMQP_MANAGEMENT_URL" in finding.detail


@pytest.mark.parametrize("fatal", [True, False])
def test_the_command_prints_json_and_fails_for_what_is_fatal(
    fatal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def examine(_: Settings) -> list[Finding]:
        await asyncio.sleep(0)
        return [Finding("this", ok=False, detail="is wrong", advice="mend it", fatal=fatal)]

    monkeypatch.setattr(command, "examine", examine)
    if fatal:
        with pytest.raises(typer.Exit):
            command.doctor(as_json=True)
    else:
        command.doctor(as_json=True)
    assert json.loads(capsys.readouterr().out) == [
        {"what": "this", "ok": False, "fatal": fatal, "detail": "is wrong", "advice": "mend it"}
    ]
