"""What was set or typed wrongly is said in one plain sentence, before anything is tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.errors import SettingsError
from tests.cast import submission_content
from workers.adapters.amqp_nodes import Nodes
from workers.cli import app, main

RIGHT = "amqp://dsr:p%40ss@one/house"
GARBAGE = [
    "garbage",
    "http://dsr:secret@one/",
    "amqp://",
    "amqp:///house",
    "amqp://dsr:secret@one:rabbit/",
    "amqp://dsr:secret@one:99999/",
    "amqp://dsr:secret@[::1/",
    "amqp://dsr:secret@one two/",
    f"garbage,{RIGHT}",
]


@pytest.mark.parametrize("url", GARBAGE)
def test_an_address_of_rabbitmq_that_is_none_is_named_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="DSR_AMQP_URL") as caught:
        Nodes(url)
    assert "amqp://user:password@host:5672/vhost" in str(caught.value), "what to write"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", [RIGHT, f"{RIGHT}, {RIGHT}", "amqps://one", "amqp://[::1]:5673/x"])
def test_one_that_is_right_is_taken(url: str) -> None:
    assert Nodes(url).user in {"dsr", "guest"}


@pytest.mark.parametrize("command", ["submit", "doctor"])
def test_every_command_says_so_in_one_sentence(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DSR_MONGO_URL", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    monkeypatch.setenv("DSR_AMQP_URL", "garbage")
    monkeypatch.setenv("DSR_KEYS", str(tmp_path / "keys"))
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps(submission_content()), encoding="utf-8")
    words = [command, *([str(asked)] if command == "submit" else [])]
    monkeypatch.setattr("sys.argv", ["dsr", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code == 1
    assert "ValueError" not in out + err
    assert "DSR_AMQP_URL is not an address of RabbitMQ" in out + err


@pytest.mark.parametrize(
    "words",
    [
        ("prove", "DSR-7K3M-Q9XA", "--channel", "fax"),
        ("dead", "list", "--status", "nonsense"),
        ("dead", "drop", "x", "--by", "han"),
        ("dead", "drop", "x", "--by", "han", "--reason", " "),
        ("dead", "drop", "x", "--by", "han", "--reason", "x" * 501),
        ("dead", "retry", "x"),
        ("calls", "confirmed", "DSR-7K3M-Q9XA"),
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_what_there_is_not_is_wrong_usage(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words], input="20481632\n")
    assert done.exit_code == 2
