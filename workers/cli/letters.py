"""`dsr letters …`: people who are told, or asked, by post."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import NotAllowed, NotFound
from schemas.messages import Settled
from workers import tasks, wiring
from workers.cli.common import AsJson, run, show_tasks
from workers.cli.desk import By, open_desk
from workers.settings import Settings

app = typer.Typer(
    help="Letters: print them, and record that they were posted.", no_args_is_help=True
)


@app.command("list")
def list_letters(*, as_json: AsJson = False) -> None:
    """The letters that wait, the most urgent first; no addresses."""
    show_tasks(run(_list()), as_json=as_json)


@app.command("print")
def print_letters(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write them to; they hold personal data.")],
    by: By,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that were printed before.")
    ] = False,
) -> None:
    """Write each letter as a page to print and as text; who printed it is recorded."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in run(_print(out, by, again=again)):
        typer.echo(f"{file}")


@app.command()
def done(
    tracking: str,
    *,
    by: By,
    word: Annotated[str | None, typer.Option(help="Which, where more than one waits.")] = None,
    came_back: Annotated[
        bool, typer.Option("--came-back", help="It cannot be delivered: give it up.")
    ] = False,
) -> None:
    """Record that the letter was posted."""
    run(_done(tracking, by, word, reached=not came_back))
    typer.echo("recorded")


async def _list() -> list[tasks.Task]:
    async with wiring.open_parts(Settings()) as parts:
        return await tasks.waiting(parts, "letter")


async def _print(out: Path, by: str, *, again: bool) -> list[Path]:
    written = []
    async with open_desk(by) as desk:
        for task in await tasks.waiting(desk.parts, "letter"):
            if task.printed_at is not None and not again:
                continue
            try:
                await desk.case(task.tracking)
                shown = await tasks.reveal(desk.parts, task, desk.staff.name)
            except NotAllowed as error:
                typer.echo(f"left out {task.tracking}: {error}", err=True)
                continue
            except NotFound:
                # Settled meanwhile, or its person was deleted: the others are still to be printed.
                continue
            text = f"{shown.to}\n\n{shown.letter.subject}\n\n{shown.letter.text}"
            for kind, content in (("html", shown.page), ("txt", text)):
                file = out / f"{task.tracking}-{task.word}.{kind}"
                file.touch(mode=0o600)
                file.write_text(content, encoding="utf-8")
                written.append(file)
    return written


async def _done(tracking: str, by: str, word: str | None, *, reached: bool) -> None:
    async with open_desk(by) as desk:
        record = await desk.case(tracking)
        task = await tasks.one(desk.parts, record.tracking, "letter", word)
        settled = Settled(task.tracking, task.task, desk.staff.name, reached)
        if not await tasks.report(desk.parts, settled):
            raise NotFound(f"{task.tracking} has no such letter waiting any more")
