"""The command `dsr`: each sibling module holds a command or a group, named here once."""

from __future__ import annotations

import importlib
import logging
import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from schemas.errors import DsrError

_COMMANDS = {
    "demo": "demo:demo",
    "serve": "serve:serve",
    "stack": "stack:app",
    "init": "work:init",
    "worker": "work:worker",
    "web": "work:serve_web",
    "mailbox": "mailbox:mailbox",
    "submit": "intake:submit",
    "prove": "intake:prove",
    "nothing-arrived": "intake:nothing_arrived",
    "lift": "intake:lift",
    "pin": "intake:pin",
    "calls": "calls:app",
    "letters": "letters:app",
    "tasks": "tasks:app",
    "recipient": "recipient:app",
    "disclosures": "disclosures:app",
    "plan": "plan:plan",
    "requests": "requests:app",
    "review": "review:app",
    "account": "account:app",
    "dead": "dead:app",
    "datamap": "datamap:app",
    "audit": "audit:app",
    "doctor": "doctor:doctor",
    "privileges": "privileges:show",
    "retention": "retention:app",
    "keys": "keys:app",
    "seal": "seal:seal",
    "announce": "announce:announce",
    "restore": "restore:app",
    "receipt": "receipt:app",
    "schemas": "schemas:schemas",
}
"""Every command in the order of `--help`: the module beside this one, and what it offers there."""


class _Commands(TyperGroup):
    """Imports a command only when it is asked for: drivers and templates take a second.

    What it gets and gives is typer's own copy of click, which has no public name to annotate with.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        offered = getattr(importlib.import_module(f"workers.cli.{module}"), name)
        holder = typer.Typer()
        if isinstance(offered, typer.Typer):
            holder.add_typer(offered, name=cmd_name)
        else:
            holder.command(cmd_name)(offered)
            holder.callback()(_group)  # else typer takes a lone command for the whole program
        return typer.main.get_group(holder).commands[cmd_name]


def _group() -> None:
    """Hold one command."""


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(metadata.version("dsr-workers"))
        raise typer.Exit


app = typer.Typer(
    name="dsr",
    cls=_Commands,
    help="Data-subject requests, from the person's letter to the corrected record.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run `dsr`: 0 done, 1 failed with one sentence on stderr, 2 used wrongly."""
    # Drivers log what servers said; without a handler Python would print it beside our sentence.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        app(prog_name="dsr")
    except DsrError as error:
        _fail(str(error))
    except OSError as error:
        # Of the system's own errors only these two parts are known to hold no data of a person.
        _fail(": ".join(str(part) for part in (error.filename, error.strerror) if part))
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed; the embedded servers need `dsr-workers[local]`")
    except Exception as error:  # noqa: BLE001 - its text may hold personal data and is not shown
        _fail(f"internal error, please report it: {type(error).__name__} at {_place(error)}")


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


def _fail(sentence: str) -> None:
    typer.echo(f"dsr: {sentence}", err=True)
    sys.exit(1)


def _place(error: Exception) -> str:
    """The innermost place in our own code, else the innermost at all."""
    home = str(Path(__file__).parents[1])
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(home)] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
