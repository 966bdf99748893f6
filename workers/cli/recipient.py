"""`dsr recipient …`: how third parties stand, and whether one can take notices."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.actors import of_desk
from schemas.errors import NotFound
from schemas.review import Role
from workers import conformance, wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.desk import By, open_desk
from workers.desk.notices import MANY, notices_of
from workers.doctor.recipients import needed
from workers.settings import Settings

app = typer.Typer(help="Third parties: how they stand, and checks of one.", no_args_is_help=True)


@app.command("list")
def list_recipients(*, as_json: AsJson = False) -> None:
    """Every recipient: its transport, what it has not settled, and whether it takes notices."""
    found = run(_list())
    if as_json:
        show_json(found)
        return
    table = Table("recipient", "transport", "open", "overdue", "state", "page for a person there")
    for one in found:
        state = f"disabled ({one['disabled']})" if one["disabled"] else "told"
        row = (one["name"], one["transport"], str(one["open"]), str(one["overdue"]), state)
        table.add_row(*row, one["page"] or "")
    Console().print(table)


@app.command()
def enable(
    name: str,
    *,
    by: By,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send it what it missed as well, each under its id.")
    ] = False,
) -> None:
    """Tell a recipient again that had answered 410; with `--resend` also what it missed."""
    missed, sent = run(_enable(name, by, resend=resend))
    typer.echo(f"{name} is told again")
    if resend:
        typer.echo(f"  {sent} of {missed} notices that it missed go out in a moment")
    elif missed:
        typer.echo(f"  {missed} notices that it missed stay with the desk; --resend sends them")


@app.command()
def secrets(name: str) -> None:
    """Make those of a recipient's secrets that are missing; none that is there is replaced."""
    settings = Settings()
    datamap = wiring.read_datamap(settings)
    if name not in datamap.recipients:
        raise NotFound(f"no recipient {name} in the data map")
    for file in wiring.create_secrets(settings, name, needed(datamap.recipients[name])):
        typer.echo(file)


@app.command()
def check(name: str, *, as_json: AsJson = False) -> None:
    """Send test notices and say what is wrong; exits 1 where real ones would not be safe there."""
    found = run(_check(name))
    if as_json:
        show_json([asdict(one) for one in found])
    else:
        for one in found:
            typer.echo(f"{'ok  ' if one.ok else 'FAIL'}  {one.what}")
            if not one.ok:
                typer.echo(f"      {one.advice}")
    if not all(one.ok for one in found):
        sys.exit(1)


async def _list() -> list[dict[str, Any]]:
    async with wiring.open_parts(Settings()) as parts:
        disabled = await parts.recipient_states.disabled()
        notices = notices_of(parts)
        made = []
        for name, recipient in parts.datamap.recipients.items():
            waiting = await notices.open(name, limit=MANY)
            public = parts.settings.public_url.rstrip("/")
            page = f"{public}/recipients/{name}/{parts.post.token(name)}"
            made.append(
                {
                    "name": name,
                    "transport": recipient.transport.kind,
                    "open": len(waiting),
                    "overdue": sum(notice.late for notice in waiting),
                    "disabled": disabled[name]["code"] if name in disabled else None,
                    "page": page if recipient.reached_at else None,
                }
            )
        return made


async def _enable(name: str, by: str, *, resend: bool) -> tuple[int, int]:
    """How many notices it missed, and how many of them go out now."""
    async with open_desk(by, Role.REVIEWER) as desk:
        parts, who = desk.parts, desk.staff.name
        enabled = await parts.recipient_states.enable(name, who)
        missed = await parts.desk_reads.missed(name)
        if not enabled and not (resend and missed):
            raise NotFound(f"{name} is not disabled; see `dsr recipient list`")
        if not resend:
            return len(missed), 0
        notices = notices_of(parts)
        sent = [await notices.send_again(notice, name, of_desk(who)) for notice in missed]
        return len(missed), sum(sent)


async def _check(name: str) -> list[conformance.Finding]:
    settings = Settings()
    datamap = wiring.read_datamap(settings)
    if name not in datamap.recipients:
        raise NotFound(f"no recipient {name} in the data map")
    return await conformance.check(name, datamap.recipients[name], settings)
