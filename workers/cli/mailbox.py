"""`dsr mailbox`: read a mailbox, or print the template that people fill in."""

from __future__ import annotations

from typing import Annotated

import typer

from schemas.errors import SettingsError
from workers import mailroom, wiring
from workers.channels.mailbox import form
from workers.cli.common import run
from workers.runtime import log
from workers.runtime.worker import stop_on_signals
from workers.settings import Settings


def mailbox(
    *,
    template: Annotated[
        str, typer.Option(help="Only print the form to fill in and mail back: ko or en.")
    ] = "",
) -> None:
    """Read the mailbox in the foreground: mails become requests, or cases for the desk."""
    settings = Settings()
    if template:
        if template not in form.KINDS:
            raise typer.BadParameter("a template is in ko or en")
        typer.echo(form.template(wiring.read_datamap(settings), template), nl=False)
        return
    if not settings.imap_url:
        raise SettingsError("DSR_IMAP_URL names the mailbox to read; it is not set")
    log.set_up(settings.log_level)
    run(_read(settings))


async def _read(settings: Settings) -> None:
    await mailroom.run(settings, stop_on_signals())
