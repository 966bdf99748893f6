"""`dsr keys …`: what others need of our keys."""

from __future__ import annotations

import typer

from workers import wiring
from workers.cli.common import show_json
from workers.settings import Settings

app = typer.Typer(help="Keys.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep each command a word of its own."""


@app.command("intake-public")
def intake_public() -> None:
    """Print the public keys that channels seal submissions to (a JWK set, the newest first)."""
    show_json(wiring.intake_public(Settings()))
