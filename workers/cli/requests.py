"""`dsr requests …`: what the desk sees."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.deadlines import Standing, standing
from schemas.errors import NotFound
from schemas.lifecycle import Status
from schemas.request import RequestRecord
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

app = typer.Typer(help="Requests: list them, show one.", no_args_is_help=True)
WORDS: dict[Standing | None, str] = {
    "in_time": "yes", "past_target": "past target", "at_risk": "at risk", "late": "LATE", None: "",
}  # fmt: skip
HIDDEN = {"sealed", "digest", "likeness", "sender", "jti"}


@app.command("list")
def list_requests(
    *,
    status: Annotated[Status | None, typer.Option(help="Only of this status.")] = None,
    late: Annotated[
        bool, typer.Option("--late", help="Only open ones near their deadline or past it.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The newest requests; no personal data."""
    records, now = run(_records(status, limit, late=late))
    if as_json:
        show_json([_facts(record) | {"standing": _standing(record, now)} for record in records])
        return
    headings = "tracking", "kind", "channel", "status", "received", "due", "in time", "waits for"
    table = Table(*headings)
    for r in records:
        table.add_row(
            r.tracking, r.kind, r.channel, r.status, f"{r.received_at:%Y-%m-%d %H:%M}",
            f"{r.deadline:%Y-%m-%d %H:%M}", WORDS[_standing(r, now)],
            ", ".join(s for s in r.steps if s != "deadline"),
        )  # fmt: skip
    Console().print(table)


@app.command("show")
def show(tracking: str, *, as_json: AsJson = False) -> None:
    """One request with its whole timeline."""
    record = run(_record(tracking))
    if as_json:
        show_json(_facts(record))
        return
    typer.echo(f"{record.tracking}  {record.kind} by {record.channel}  {record.status}")
    target = f", should be by {record.target:%Y-%m-%d %H:%M}" if record.target else ""
    typer.echo(f"  due {record.deadline:%Y-%m-%d %H:%M} ({record.profile}){target}")
    for entry in record.history:
        typer.echo(
            f"  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.what:<18} {entry.status:<15} {entry.by}"
        )
    for recipient, notice in record.notices.items():
        typer.echo(f"  notice to {recipient}: {notice.status} ({', '.join(notice.fields)})")
    for name, mail in record.mails.items():
        typer.echo(f"  {mail.route} {name}: {mail.status}")
    for name, step in record.steps.items():
        why = f", last failure {step.error}" if step.error else ""
        typer.echo(f"  open: {name}, due {step.due:%Y-%m-%d %H:%M:%S}{why}")


async def _records(
    status: str | None, limit: int, *, late: bool
) -> tuple[list[RequestRecord], datetime]:
    """With the database's time, at which they stand as they stand."""
    async with wiring.open_parts(Settings()) as parts:
        records = await parts.requests.records(status, limit, at_risk=late)
        return records, parts.requests.now()


async def _record(tracking: str) -> RequestRecord:
    async with wiring.open_parts(Settings()) as parts:
        return await found(parts, tracking)


async def found(parts: wiring.Parts, tracking: str) -> RequestRecord:
    """The request with that tracking code; `NotFound` where there is none."""
    record = await parts.requests.record(tracking)
    if record is None:
        raise NotFound(f"no request {tracking}; see `dsr requests list`")
    return record


def _standing(record: RequestRecord, now: datetime) -> Standing | None:
    """How an open request stands to its deadline."""
    if record.status.final:
        return None
    return standing(record.received_at, record.deadline, record.target, now)


def _facts(record: RequestRecord) -> dict[str, Any]:
    return record.model_dump(mode="json", by_alias=True, exclude=HIDDEN)
