"""What the commands of the desk share: an account that proves itself, and how it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from schemas.errors import NotAllowed
from schemas.review import Role, may
from workers import wiring
from workers.desk.decisions import WHY, Desk
from workers.settings import Settings

By = Annotated[
    str, typer.Option("--by", help="Your account; its password is asked for (README: settings).")
]
_FOR_THE_DESK = "A note for the desk; kept sealed."
Note = Annotated[str, typer.Option("--note", help=_FOR_THE_DESK)]
WhyNote = Annotated[str, typer.Option("--reason", "--note", help=_FOR_THE_DESK)]
"""Where there is no reason of a list: why, in one's own words."""


@asynccontextmanager
async def open_desk(by: str, least: Role = Role.AGENT) -> AsyncIterator[Desk]:
    """For an account that proves itself, of the role that the same takes in the browser.

    `NotAllowed` where it does not, or its role is too little.
    """
    settings = Settings()
    password = _password(settings)
    async with wiring.open_parts(settings) as parts:
        # One spelling of a name, as at the login, so that nobody is two people.
        staff = await parts.accounts.prove(by.strip().lower(), password)
        if not may(staff.role, least):
            raise NotAllowed(WHY["not_your_role"])
        yield Desk(parts, staff)


def _password(settings: Settings) -> str:
    """From the environment, else asked for without showing it."""
    typed = settings.account_password or str(typer.prompt("password", hide_input=True, err=True))
    if not typed:
        raise NotAllowed("an account proves itself with its password")
    return typed
