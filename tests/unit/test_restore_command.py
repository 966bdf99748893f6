"""What `dsr restore replay` tells an operator."""

from __future__ import annotations

import asyncio

import pytest
import typer

from schemas.evidence import Finding
from workers.cli import restore as command
from workers.restore import Report

LEFT = Finding(collection="payments", path="payer.name", documents=2, why="no_basis")


def told(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    async def replay(*_: object, **__: object) -> Report:
        await asyncio.sleep(0)
        return report

    monkeypatch.setattr(command, "Settings", object)
    monkeypatch.setattr(command, "_replay", replay)
    command.replay(dry_run=report.dry_run)
    return capsys.readouterr().out


def test_a_replay_that_is_over_lets_workers_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(tombstones=4, found=3, deleted=["r1", "r2"], living=["r3"], nowhere=1)
    report.uncertified.append("r2")
    said = told(report, monkeypatch, capsys).splitlines()
    assert said[0] == "4 tombstones to replay, 3 people found again"
    assert said[1] == "2 deleted again, 1 nowhere in the data"
    assert said[2].startswith("  r3: the record is younger than the tombstone and lives on")
    assert said[3].startswith("  r2: no certificate to revise")
    assert said[-1] == "Nothing is left to replay: workers may start."


def test_what_is_in_the_way_is_told_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(tombstones=2, found=1, blocked={"r1": (LEFT,), "r2": ()})
    with pytest.raises(typer.Exit) as ended:
        told(report, monkeypatch, capsys)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().out.splitlines()
    assert "  r1: no_basis in 2 documents of payments, payer.name" in said
    assert "  r2: waits for another deletion of the same person" in said
    assert said[-1].startswith("Mend what is in the way and run it again")


def test_a_dry_run_only_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(dry_run=True, tombstones=4, found=3)
    said = told(report, monkeypatch, capsys)
    assert said == "4 tombstones to replay, 3 people found again\n"
