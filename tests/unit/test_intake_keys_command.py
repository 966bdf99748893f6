"""`dsr keys intake-add` and `intake-retire`: two keys overlap, then the older one opens nothing."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.errors import DsrError, KeyFolderError, Refused
from workers.adapters.intake_seal import IntakeKeys, NewestSealer, public_keys, seal
from workers.cli import app

Dsr = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    IntakeKeys.create(tmp_path / "keys" / "intake")
    return tmp_path / "keys" / "intake"


@pytest.fixture
def dsr(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Dsr:
    monkeypatch.setenv("DSR_KEYS", str(folder.parent))
    return lambda *words: CliRunner().invoke(app, ["keys", *words])


def kids(dsr: Dsr) -> list[str]:
    plain, asked = dsr("intake-public"), dsr("intake-public", "--json")
    assert (plain.exit_code, plain.stdout) == (0, asked.stdout), "it is JSON in any case"
    return [key["kid"] for key in json.loads(plain.stdout)["keys"]]


def refused(result: Result, saying: str) -> None:
    assert isinstance(result.exception, DsrError)
    assert saying in str(result.exception)


def test_while_two_overlap_both_open_and_the_newest_is_the_one_to_seal_to(
    dsr: Dsr, folder: Path
) -> None:
    worker = IntakeKeys.open(folder)
    (old,) = worker.public_jwks()["keys"]
    added = json.loads(dsr("intake-add", "--json").stdout)["kid"]
    assert kids(dsr) == [added, old["kid"]]
    new = IntakeKeys.open(folder).public_jwks()["keys"][0]
    assert (worker.unseal(seal(b"old", old)), worker.unseal(seal(b"new", new))) == (b"old", b"new")


def test_a_third_one_is_refused(dsr: Dsr, folder: Path) -> None:
    (first,) = kids(dsr)
    dsr("intake-add")
    refused(dsr("intake-add"), f"retire {first} first")
    assert len(kids(dsr)) == 2


def test_the_newest_is_never_retired(dsr: Dsr, folder: Path) -> None:
    (only,) = kids(dsr)
    refused(dsr("intake-retire", only), "is the newest")
    dsr("intake-add")
    newest, older = kids(dsr)
    refused(dsr("intake-retire", newest), "is the newest")
    assert kids(dsr) == [newest, older]


@pytest.mark.parametrize("kid", ["x", "-x", "../intake", "../../etc/passwd", ""])
def test_what_is_no_key_of_ours_is_not_retired(dsr: Dsr, folder: Path, kid: str) -> None:
    dsr("intake-add")
    before = sorted(folder.iterdir())
    refused(dsr("intake-retire", kid), "no intake key")
    assert sorted(folder.iterdir()) == before


def test_a_retired_key_is_gone_and_a_running_worker_opens_nothing_with_it(
    dsr: Dsr, folder: Path
) -> None:
    worker = IntakeKeys.open(folder)
    (old,) = worker.public_jwks()["keys"]
    # What a crash can leave: the key under a second name.
    os.link(folder / f"{old['kid']}.json", folder / ".new-1")
    dsr("intake-add")
    done = dsr("intake-retire", old["kid"])
    assert (done.exit_code, done.stdout.startswith(f"retired {old['kid']}")) == (0, True)
    assert not [file for file in folder.iterdir() if old["kid"].encode() in file.read_bytes()]
    with pytest.raises(Refused, match="unknown_intake_key"):
        worker.unseal(seal(b"late", old))
    new = IntakeKeys.open(folder).public_jwks()["keys"][0]
    assert worker.unseal(seal(b"new", new)) == b"new"


def test_a_folder_that_is_away_for_a_moment_retires_nothing(folder: Path, tmp_path: Path) -> None:
    worker = IntakeKeys.open(folder)
    (key,) = worker.public_jwks()["keys"]
    folder.rename(tmp_path / "away")
    assert worker.unseal(seal(b"x", key)) == b"x"


def test_while_somebody_changes_the_keys_nobody_else_does(dsr: Dsr, folder: Path) -> None:
    with IntakeKeys.changing(folder):
        refused(dsr("intake-add"), "under way already")


def test_a_channel_that_runs_seals_to_the_next_key_once_it_stands(folder: Path) -> None:
    channel = NewestSealer(folder, lambda: IntakeKeys.open(folder).public_jwks()["keys"][0])
    (old,) = IntakeKeys.open(folder).kids
    IntakeKeys.roll(folder)
    IntakeKeys.retire(folder, old)
    assert IntakeKeys.open(folder).unseal(channel(b"x")) == b"x"


def test_a_channel_notices_a_new_set_and_keeps_its_key_while_that_is_unreadable(
    folder: Path, tmp_path: Path
) -> None:
    given = tmp_path / "intake.jwks"
    given.write_text(json.dumps(IntakeKeys.open(folder).public_jwks()))
    channel = NewestSealer(given, lambda: public_keys(given)[0])
    (old,) = IntakeKeys.open(folder).kids
    new = IntakeKeys.roll(folder)
    given.write_text("{")
    os.utime(given, ns=(1, 1))
    with pytest.raises(KeyFolderError):
        public_keys(given)
    assert header(channel(b"x"))["kid"] == old
    given.write_text(json.dumps(IntakeKeys.open(folder).public_jwks()))
    assert header(channel(b"x"))["kid"] == new


def header(token: bytes) -> dict[str, str]:
    found: dict[str, str] = json.loads(urlsafe_b64decode(token.split(b".")[0] + b"=="))
    return found
