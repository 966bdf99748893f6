"""`dsr review …`: what waits for a person, and what that person decides."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.delays import EXTENSIONS, MISSING
from schemas.lifecycle import Status
from schemas.refusals import REFUSALS
from schemas.request import RequestRecord
from schemas.review import (
    Answer,
    Approve,
    AskFor,
    Closing,
    Decision,
    Extend,
    Match,
    Purpose,
    Refuse,
    Resume,
    Role,
)
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.desk import By, Note, WhyNote, open_desk
from workers.cli.evidence import attach, evidence, read
from workers.desk.decisions import found
from workers.desk.particulars import facts, show_masked
from workers.desk.particulars import reveal as reveal_on_record
from workers.settings import Settings

app = typer.Typer(help="Requests that a person must decide.", no_args_is_help=True)
app.command()(attach)
app.command()(evidence)

RefusalReason = Annotated[str, typer.Option("--reason", help=f"One of: {', '.join(REFUSALS)}.")]
DelayReason = Annotated[str, typer.Option("--reason", help=f"One of: {', '.join(EXTENSIONS)}.")]
Missing = Annotated[
    list[str], typer.Option("--missing", help=f"What to ask for: {', '.join(MISSING)}.")
]


@app.command("list")
def list_waiting(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """What waits for a decision, why, and until when; no personal data."""
    waiting = [facts(record) for record in run(_waiting(limit))]
    if as_json:
        show_json(waiting)
        return
    table = Table("tracking", "kind", "why", "due", "approved by", "waits for")
    for one in waiting:
        table.add_row(
            one["tracking"], one["kind"], ", ".join(one["why"]), f"{one['deadline']:%Y-%m-%d}",
            ", ".join(one["approved_by"]), one["waits_for"],
        )  # fmt: skip
    Console().print(table)


@app.command()
def show(
    tracking: str,
    *,
    reveal: Annotated[
        Purpose | None, typer.Option(help="Show particulars in clear, for this; on record.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Your account, to reveal.")] = "",
    as_json: AsJson = False,
) -> None:
    """One request with its particulars: masked, unless they are revealed, which is recorded."""
    if reveal is None:
        shown = run(_masked(tracking))
    else:
        shown = run(_revealed(tracking, reveal, _required(by)))
    if as_json:
        show_json(shown)
        return
    for name, value in shown.items():
        typer.echo(f"{name}: {value}")


@app.command()
def approve(
    tracking: str,
    *,
    by: By,
    field: Annotated[
        list[str] | None,
        typer.Option(help="NAME=approve or NAME=refuse:REASON; what is not named is approved."),
    ] = None,
    note: WhyNote = "",
    as_json: AsJson = False,
) -> None:
    """Grant a request, whole or field by field; some take the approval of a second account."""
    record = run(_decide(tracking, Approve(_refused_fields(field or [])), by, note))
    if as_json:
        show_json(facts(record))
    elif record.status is not Status.IN_REVIEW:
        typer.echo(f"{record.tracking} is {record.status}")
    elif record.is_open("approved"):
        typer.echo(
            f"approved; it takes effect at {record.steps['approved'].due:%Y-%m-%d %H:%M} UTC,"
            " unless somebody stops it"
        )
    else:
        typer.echo("approved by one; it takes a second account")


@app.command()
def refuse(
    tracking: str, *, reason: RefusalReason, by: By, note: Note = "", as_json: AsJson = False
) -> None:
    """Refuse a request, with a reason of the list and its legal ground; the person is told."""
    _tell(run(_decide(tracking, Refuse(reason), by, note)), as_json=as_json)


@app.command()
def answer(  # noqa: PLR0913 - what can be said with it
    tracking: str,
    file: Annotated[str, typer.Argument(help="The answer as text; `-` reads standard input.")],
    *,
    by: By,
    closing: Annotated[Closing, typer.Option("--reason", help="How it ended.")] = Closing.ANSWERED,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Answer an inquiry by mail, to the address that asked."""
    text = sys.stdin.read() if file == "-" else read(file).decode("utf-8", "replace")
    _tell(run(_decide(tracking, Answer(text, closing), by, note)), as_json=as_json)


@app.command()
def extend(
    tracking: str, *, reason: DelayReason, by: By, note: Note = "", as_json: AsJson = False
) -> None:
    """Put the deadline off, once; the person is told why and until when."""
    _tell_when(run(_decide(tracking, Extend(reason), by, note)), as_json=as_json)


@app.command()
def pause(
    tracking: str, *, missing: Missing, by: By, note: Note = "", as_json: AsJson = False
) -> None:
    """Ask the requester by mail for what is missing; the legal clock stands still."""
    asked = AskFor(tuple(dict.fromkeys(missing)))
    _tell(run(_decide(tracking, asked, by, note)), as_json=as_json)


@app.command()
def resume(tracking: str, *, by: By, note: Note = "", as_json: AsJson = False) -> None:
    """The answer is there, or does not come: the clock goes on."""
    _tell_when(run(_decide(tracking, Resume(), by, note)), as_json=as_json)


@app.command()
def match(
    tracking: str,
    *,
    by: By,
    identifier: Annotated[
        list[str], typer.Option(help="login_id, name, email, phone or birth_date, as NAME=VALUE.")
    ],
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Say whom a request is about where nobody matched."""
    pairs = dict(_pair(text) for text in identifier)
    known = {"login_id", "name", "email", "phone", "birth_date"}
    if not pairs.keys() <= known:
        raise typer.BadParameter(f"an identifier is one of {', '.join(sorted(known))}")
    _tell(run(_decide(tracking, Match(pairs), by, note)), as_json=as_json)


def _refused_fields(chosen: Iterable[str]) -> dict[str, str]:
    refused = {}
    for name, verdict in map(_pair, chosen):
        word, _, reason = verdict.partition(":")
        if word == "refuse" and reason:
            refused[name] = reason
        elif verdict != "approve":
            raise typer.BadParameter("write NAME=approve or NAME=refuse:REASON")
    return refused


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise typer.BadParameter("write it as NAME=VALUE")
    return name, value


def _required(by: str) -> str:
    if not by:
        raise typer.BadParameter("what is revealed is recorded: say who you are with --by")
    return by


def _tell(record: RequestRecord, *, as_json: bool) -> None:
    paused = record.review is not None and record.review.pause is not None
    asked = ", and waits for the requester" if paused and not record.status.final else ""
    _say(record, f"{record.tracking} is {record.status}{asked}", as_json=as_json)


def _tell_when(record: RequestRecord, *, as_json: bool) -> None:
    _say(record, f"{record.tracking} is due on {record.deadline:%Y-%m-%d}", as_json=as_json)


def _say(record: RequestRecord, words: str, *, as_json: bool) -> None:
    if as_json:
        show_json(facts(record))
    else:
        typer.echo(words)


async def _waiting(limit: int) -> list[RequestRecord]:
    async with wiring.open_parts(Settings()) as parts:
        return await parts.requests.waiting(limit)


async def _masked(tracking: str) -> dict[str, Any]:
    async with wiring.open_parts(Settings()) as parts:
        record = await found(parts, tracking)
        return {**facts(record), "particulars": await show_masked(parts, tracking)}


async def _revealed(tracking: str, purpose: Purpose, by: str) -> dict[str, Any]:
    async with open_desk(by, Role.REVIEWER) as desk:
        particulars = await reveal_on_record(desk, tracking, purpose)
        return {**facts(await desk.found(tracking)), "particulars": particulars}


async def _decide(tracking: str, decision: Decision, by: str, note: str) -> RequestRecord:
    async with open_desk(by, Role.REVIEWER) as desk:
        return await desk.decide(tracking, decision, note=note)
