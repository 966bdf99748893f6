"""`dsr stack …`: the embedded servers alone."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

if TYPE_CHECKING:
    from workers.local.stack import Stack

app = typer.Typer(help="The embedded servers: RabbitMQ, mongod, a mail sink.", no_args_is_help=True)

Folder = Annotated[
    Path,
    typer.Option("--dir", help="Folder of the servers' data, logs and ports.", file_okay=False),
]
_FOLDER = Path(".dsr/stack")


@app.command()
def up(
    *,
    folder: Folder = _FOLDER,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Three nodes of RabbitMQ, a replica set of three.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start what does not run; returns once all of them do their work."""
    stack = _stack(folder, cluster=cluster)
    run(stack.up())
    _show(stack, as_json=as_json)


@app.command()
def down(*, folder: Folder = _FOLDER) -> None:
    """Stop the servers of this folder, and nothing else; their data stays."""
    # Not what the shell may have taken from `dsr stack env`: then they would count as external.
    run(_stack(folder, environment={}).down())


@app.command()
def status(*, folder: Folder = _FOLDER, as_json: AsJson = False) -> None:
    """Show which servers run, and where."""
    _show(_stack(folder), as_json=as_json)


@app.command()
def env(*, folder: Folder = _FOLDER, as_json: AsJson = False) -> None:
    """Print the settings that name these servers: `eval "$(dsr stack env)"`."""
    settings = _stack(folder).env()
    if as_json:
        show_json(settings)
        return
    for name, value in settings.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def users(
    roles: Annotated[Path, typer.Argument(help="Folder for what each role logs in with.")],
    *,
    folder: Folder = _FOLDER,
) -> None:
    """Make the users of all roles on these servers; `dsr init` comes before or after."""
    stack = _stack(folder)
    named = {name.removeprefix("DSR_").lower(): value for name, value in stack.env().items()}
    for change in run(_make_users(stack, Settings(**named), roles)) or ["nothing"]:
        typer.echo(f"  {change}")


async def _make_users(stack: Stack, settings: Settings, roles: Path) -> list[str]:
    changes = await wiring.make_users(settings, roles)
    if stack.rabbit.variable not in stack.external:
        await stack.rabbit.load(roles / wiring.IMPORT)
    return changes


def _stack(
    folder: Path, environment: Mapping[str, str] = os.environ, *, cluster: bool = False
) -> Stack:
    """The servers of this folder; they need what an image for production does not hold."""
    from workers.local.stack import Stack

    return Stack(folder, auth=True, cluster=cluster, environment=environment)


def _show(stack: Stack, *, as_json: bool) -> None:
    found = stack.status()
    if as_json:
        show_json([asdict(server) for server in found])
        return
    table = Table("server", "state", "address", "processes")
    for server in found:
        state = "yours" if server.external else "running" if server.running else "stopped"
        processes = " ".join(map(str, server.processes))
        table.add_row(server.server, state, server.address or "", processes)
    Console().print(table)
