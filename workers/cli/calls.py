"""`dsr calls …`: people who are told, or asked, by phone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import uuid4

import typer

from schemas.errors import NotAllowed, NotFound
from schemas.messages import Confirmed, Settled, Stopped
from workers import tasks, wiring
from workers.cli.common import AsJson, run, show_json, show_tasks
from workers.cli.desk import By, open_desk
from workers.desk.decisions import Desk
from workers.settings import Settings

app = typer.Typer(help="Calls: whom to call, and what came of it.", no_args_is_help=True)
Word = Annotated[str | None, typer.Option(help="Which, where more than one waits.")]


@app.command("list")
def list_calls(*, as_json: AsJson = False) -> None:
    """The calls to make, the most urgent first; no numbers."""
    show_tasks(run(_list()), as_json=as_json)


@app.command()
def show(tracking: str, *, by: By, word: Word = None, as_json: AsJson = False) -> None:
    """The number to call and what to say there; that you saw it is recorded."""
    shown = run(_show(tracking, by, word))
    if as_json:
        said = {"to": shown.to, "subject": shown.letter.subject, "text": shown.letter.text}
        show_json({**asdict(shown.task), **said})
        return
    typer.echo(f"Call {shown.to}\n\n{shown.letter.subject}\n\n{shown.letter.text}")


@app.command()
def done(
    tracking: str,
    *,
    by: By,
    word: Word = None,
    not_reached: Annotated[
        bool, typer.Option("--not-reached", help="Nobody can be reached there: give it up.")
    ] = False,
) -> None:
    """Record that the person was told by phone."""
    run(_done(tracking, by, word, reached=not not_reached))
    typer.echo("recorded")


@app.command()
def confirmed(tracking: str, *, by: By) -> None:
    """Record that the person said yes at the number on file; it counts once two accounts say so."""
    waits, status = run(_confirmed(tracking, by))
    typer.echo("recorded; now a second person has to approve it" if waits else f"proven: {status}")


@app.command()
def stopped(tracking: str, *, by: By) -> None:
    """Record that the person, called at a number on file, wants it stopped; it is withdrawn."""
    run(_stopped(tracking, by))
    typer.echo("stopped")


async def _list() -> list[tasks.Task]:
    async with wiring.open_parts(Settings()) as parts:
        return await tasks.waiting(parts, "call")


async def _show(tracking: str, by: str, word: str | None) -> tasks.Shown:
    async with open_desk(by) as desk:
        return await tasks.reveal(desk.parts, await _one(desk, tracking, word), desk.staff.name)


async def _done(tracking: str, by: str, word: str | None, *, reached: bool) -> None:
    async with open_desk(by) as desk:
        task = await _one(desk, tracking, word)
        settled = Settled(task.tracking, task.task, desk.staff.name, reached)
        if not await tasks.report(desk.parts, settled):
            raise NotFound(f"{task.tracking} has no such call waiting any more")


async def _stopped(tracking: str, by: str) -> None:
    async with open_desk(by) as desk:
        record = await desk.case(tracking)
        if not await tasks.report(desk.parts, Stopped(record.tracking, desk.staff.name)):
            raise NotAllowed("not stopped: it waits for nothing, or nobody was to be called")


async def _confirmed(tracking: str, by: str) -> tuple[bool, str]:
    async with open_desk(by) as desk:
        code, name = (await desk.case(tracking)).tracking, desk.staff.name
        if not await tasks.report(desk.parts, Confirmed(code, name, str(uuid4()))):
            raise NotAllowed(
                "not recorded: no call is waiting for this request, you took it in yourself, or"
                " you have said so already and somebody else has to approve it"
            )
        request = await desk.found(code)
        return request.proof is None or request.heard_by == name, request.status


async def _one(desk: Desk, tracking: str, word: str | None) -> tasks.Task:
    record = await desk.case(tracking)
    return await tasks.one(desk.parts, record.tracking, "call", word)
