"""`dsr requests …` and `dsr plan`: what the desk sees."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.errors import NotFound
from schemas.lifecycle import Status
from schemas.request import RequestRecord
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

app = typer.Typer(help="Requests: list them, show one.", no_args_is_help=True)
HIDDEN = {"sealed", "digest", "likeness", "sender", "jti"}


@app.command("list")
def list_requests(
    *,
    status: Annotated[Status | None, typer.Option(help="Only of this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The newest requests; no personal data."""
    records = run(_records(status, limit))
    if as_json:
        show_json([_facts(record) for record in records])
        return
    table = Table("tracking", "kind", "channel", "status", "received", "due", "waits for")
    for r in records:
        table.add_row(
            r.tracking, r.kind, r.channel, r.status, f"{r.received_at:%Y-%m-%d %H:%M}",
            f"{r.deadline:%Y-%m-%d}", ", ".join(s for s in r.steps if s != "deadline"),
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
    for entry in record.history:
        typer.echo(
            f"  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.what:<18} {entry.status:<15} {entry.by}"
        )
    for recipient, notice in record.notices.items():
        typer.echo(f"  notice to {recipient}: {notice.status} ({', '.join(notice.fields)})")
    for name, mail in record.mails.items():
        typer.echo(f"  mail {name}: {mail.status}")
    for name, step in record.steps.items():
        why = f", last failure {step.error}" if step.error else ""
        typer.echo(f"  open: {name}, due {step.due:%Y-%m-%d %H:%M:%S}{why}")


def plan(tracking: str, *, as_json: AsJson = False) -> None:
    """Dry run: what this request would touch. Changes nothing."""
    facts = run(_plan(tracking))
    if as_json:
        show_json(facts)
        return
    for place in facts["places"]:
        action = "corrected" if place["changes"] else "kept as it was then"
        where = f"{place['collection']} {place['document']} {place['path']}"
        typer.echo(f"  {where}: {place['field']}, {action}")
    for collection in facts["more"]:
        typer.echo(f"  … and more documents of {collection}")
    for recipient, fields in facts["recipients"].items():
        typer.echo(f"  tells {recipient}: {', '.join(fields)}")


async def _records(status: str | None, limit: int) -> list[RequestRecord]:
    async with wiring.open_parts(Settings()) as parts:
        return await parts.requests.records(status, limit)


async def _record(tracking: str) -> RequestRecord:
    async with wiring.open_parts(Settings()) as parts:
        return await _found(parts, tracking)


async def _plan(tracking: str) -> dict[str, Any]:
    async with wiring.open_parts(Settings()) as parts:
        record = await _found(parts, tracking)
        particulars = await parts.house.tools.sealer.open(record)
        if record.kind == "deletion":
            raise NotFound(
                f"{tracking} is a deletion, which this version cannot show beforehand:"
                " `dsr datamap check` tells what the map does with each collection"
            )
        if particulars.subject is None:
            raise NotFound(f"{tracking} has no subject yet: nobody matched, so it touches nothing")
        return asdict(await parts.subject_data.plan(particulars.subject, record.fields))


async def _found(parts: wiring.Parts, tracking: str) -> RequestRecord:
    record = await parts.requests.record(tracking)
    if record is None:
        raise NotFound(f"no request {tracking}; see `dsr requests list`")
    return record


def _facts(record: RequestRecord) -> dict[str, Any]:
    return record.model_dump(mode="json", by_alias=True, exclude=HIDDEN)
