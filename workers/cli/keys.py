"""`dsr keys …`: what others need of our keys, and their rotation."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.progress import progress
from workers.settings import Settings

app = typer.Typer(help="Keys.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep each command a word of its own."""


@app.command("intake-public")
def intake_public(*, as_json: AsJson = False) -> None:  # noqa: ARG001 - it is JSON in any case
    """Print the public keys that channels seal submissions to (a JWK set, the newest first)."""
    show_json(wiring.intake_public(Settings()))


@app.command("intake-add")
def intake_add(*, as_json: AsJson = False) -> None:
    """Make the intake key that channels seal to next; the one before goes on opening."""
    kid = wiring.add_intake_key(Settings())
    if as_json:
        show_json({"kid": kid})
        return
    typer.echo(
        f"made {kid}. Back up the key folder, give channels what `dsr keys intake-public` prints"
        " now, and retire the older key once nothing is sealed to it any more."
    )


# A `kid` may begin with a dash, and is no option then.
@app.command("intake-retire", context_settings={"ignore_unknown_options": True})
def intake_retire(
    kid: Annotated[str, typer.Argument(help="Its `kid` in `dsr keys intake-public`.")],
) -> None:
    """Destroy an intake key that a newer one has replaced; never the newest."""
    wiring.retire_intake_key(Settings(), kid)
    typer.echo(f"retired {kid}. Copies of the key folder that still hold it must be destroyed.")


@app.command()
def rotate(*, as_json: AsJson = False) -> None:
    """Re-wrap all data keys under a new epoch and destroy the old one; workers may go on.

    What was deleted before can then be opened by no backup. A rotation that was cut off is
    finished by the next one.
    """
    settings, started = Settings(), time.monotonic()
    with progress("re-wrapping") as show:
        done = run(wiring.rotate_keys(settings, show))
    certified = run(wiring.tell_shredded(settings, done.epoch))
    seconds = round(time.monotonic() - started, 3)
    if as_json:
        show_json(
            {
                "epoch": done.epoch,
                "rewrapped": done.rewrapped,
                "destroyed_epochs": done.destroyed,
                "certificates": certified,
                "seconds": seconds,
            }
        )
        return
    gone = ", ".join(map(str, done.destroyed))
    typer.echo(
        f"{done.rewrapped} keys re-wrapped under epoch {done.epoch} in {seconds:g} s;"
        f" destroyed: epoch {gone}; {certified} certificates now say so."
        " Back up the keys database and the key folder now: older backups of the keys open nothing"
        " any more, and copies of the folder that still hold that epoch must be destroyed."
    )
