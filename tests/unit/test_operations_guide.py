"""What docs/operations.md tells an operator to type exists: commands, options, files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from workers.cli import app
from workers.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

STAND_INS = {"DIR": "users", "FILE": "pyproject.toml", "STAGE": "mailing"}
"""What a word in capitals stands for, where any other text would not do."""


BEFORE = r"(?:^|-- |--rm |/bin/)"
"""How a line comes to a command: at once, in a container, or by its whole path."""


def typed() -> list[str]:
    """Every `dsr …`, in a line of code or between backticks, also behind a container's `--`."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    lines = [line.split("#")[0] for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL))
    found = (re.search(BEFORE + r"dsr ([a-z][^|;)]*)$", line.strip()) for line in lines + spans)
    return sorted({one[1].strip() for one in found if one})


def test_the_guide_tells_what_to_type() -> None:
    assert {"init", "doctor", "audit verify", "restore replay", "keys rotate"} <= set(typed())


@pytest.mark.parametrize("line", typed())
def test_every_command_of_the_guide_is_one(line: str) -> None:
    words = [STAND_INS.get(word, word) for word in shlex.split(line)]
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name="dsr")
    while hasattr(command, "get_command"):
        named, words = words[0], words[1:]
        command = command.get_command(context, named)
        assert command, f"there is no {named!r} in `dsr {line}`"
        context = command.context_class(command, info_name=named, parent=context)
    command.make_context(command.name, words)  # wrong or missing options raise


def test_every_setting_of_the_guide_is_one() -> None:
    known = {f"DSR_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bDSR_[A-Z_]+\b", GUIDE)) - known == set()


def test_every_file_of_the_guide_is_there() -> None:
    named = set(re.findall(r"(?<![\w/.])(?:deploy|docs)/(?!dsr-)[\w./@*-]+[\w*]", GUIDE))
    assert named
    assert [name for name in sorted(named) if not list(ROOT.glob(name))] == []
