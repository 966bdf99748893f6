"""What every command shares: running async code, and printing facts as text or JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from workers.tasks import Task

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine on a fast loop, to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def show_json(facts: object) -> None:
    """Print facts as JSON, dates in ISO form."""
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show_tasks(found: Sequence[Task], *, as_json: bool) -> None:
    """Print what waits for a call or a letter."""
    if as_json:
        show_json([asdict(task) for task in found])
        return
    table = Table("tracking", "what", "language", "due", "")
    for task in found:
        note = "late" if task.late else "printed" if task.printed_at else ""
        table.add_row(task.tracking, task.word, task.language, f"{task.due:%Y-%m-%d %H:%M}", note)
    Console().print(table)
