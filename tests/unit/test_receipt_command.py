"""`dsr receipt`: what a person, or an auditor, does with a signed file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.errors import DsrError
from schemas.evidence import Document, content
from tests.evidence import SHREDDED, certificate, in_log, receipt
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyFolder
from workers.cli import app

Dsr = Callable[..., Result]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def signer(keys: Path) -> Signer:
    return Signer(KeyFolder.create(keys))


@pytest.fixture
def dsr(monkeypatch: pytest.MonkeyPatch, keys: Path) -> Dsr:
    monkeypatch.setenv("DSR_KEYS", str(keys))
    runner = CliRunner()
    return lambda *words, **more: runner.invoke(app, ["receipt", *map(str, words)], **more)


def saved(folder: Path, document: Document) -> Path:
    file = folder / "document.json"
    file.write_text(json.dumps(content(document), ensure_ascii=False), encoding="utf-8")
    return file


def said(result: Result) -> str:
    """The sentence that `dsr` would print, where the command failed."""
    assert isinstance(result.exception, DsrError)
    return str(result.exception)


def test_a_genuine_certificate_is_shown_with_what_was_destroyed_and_what_is_kept(
    dsr: Dsr, signer: Signer, tmp_path: Path
) -> None:
    first = dsr("verify", saved(tmp_path, signer.sign(certificate())))
    assert first.exit_code == 0
    assert "access_logs: 1180 deleted, 0 anonymised, 0 changed, 20 archived" in first.stdout
    assert "payments: 4 kept until 2031-10-02T15:00:00+00:00, Act on Consumer" in first.stdout
    assert "epoch 7 still exists" in first.stdout
    second = dsr("verify", saved(tmp_path, signer.sign(certificate().shredded(SHREDDED))))
    assert "revision 2" in second.stdout
    assert "shredded 2026-12-01T03:00:00+00:00" in second.stdout


def test_a_genuine_receipt_is_shown_with_what_was_done_and_who_was_told(
    dsr: Dsr, signer: Signer, tmp_path: Path
) -> None:
    result = dsr("verify", saved(tmp_path, signer.sign(receipt(log=in_log(signer)))))
    assert result.exit_code == 0
    assert "hobbies: corrected" in result.stdout
    assert "hanbit-delivery: applied" in result.stdout


def test_a_receipt_whose_proof_is_of_another_log_fails(
    dsr: Dsr, signer: Signer, tmp_path: Path
) -> None:
    other = Signer(KeyFolder.create(tmp_path / "other"))
    result = dsr("verify", saved(tmp_path, signer.sign(receipt(log=in_log(other)))))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no signature of key" in said(result)


def test_the_facts_come_as_json(dsr: Dsr, signer: Signer, tmp_path: Path) -> None:
    signed = signer.sign(certificate())
    result = dsr("verify", saved(tmp_path, signed), "--json")
    assert json.loads(result.stdout) == {
        "verified": True,
        "kid": signer.public_key.kid,
        "document": content(signed),
    }


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_with_the_public_key_nothing_else_is_needed(
    dsr: Dsr,
    signer: Signer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: tuple[str, ...],
) -> None:
    key = tmp_path / "public"
    key.write_text(dsr("public-key", *form).stdout, encoding="utf-8")
    file = saved(tmp_path, signer.sign(certificate()))
    monkeypatch.setenv("DSR_KEYS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DSR_WEB_PORT", "no number")
    assert dsr("verify", file, "--key", key).exit_code == 0
    assert dsr("verify", "-", "--key", key, input=file.read_bytes()).exit_code == 0


def test_an_altered_certificate_fails_with_one_sentence(
    dsr: Dsr, signer: Signer, tmp_path: Path
) -> None:
    file = saved(tmp_path, signer.sign(certificate()))
    file.write_text(file.read_text("utf-8").replace("1180", "1181"), encoding="utf-8")
    result = dsr("verify", file)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "altered after it was signed" in said(result)


def test_anothers_certificate_fails_and_says_what_to_do(
    dsr: Dsr, signer: Signer, tmp_path: Path
) -> None:
    other = Signer(KeyFolder.create(tmp_path / "other"))
    result = dsr("verify", saved(tmp_path, other.sign(certificate())))
    assert result.exit_code == 1
    assert "--key" in said(result)


def test_without_keys_the_own_key_is_not_guessed(dsr: Dsr, tmp_path: Path) -> None:
    result = dsr("public-key")
    assert result.exit_code == 1
    assert "DSR_KEYS" in said(result)
