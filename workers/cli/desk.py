"""What the commands of the desk share: an account that proves itself, and how it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from schemas.errors import NotAllowed
from workers import wiring
from workers.desk.decisions import Desk
from workers.settings import Settings

By = Annotated[
    str, typer.Option("--by", help="Your account; its password is asked for (README: settings).")
]
Note = Annotated[str, typer.Option("--note", help="A note for the desk; kept sealed.")]


@asynccontextmanager
async def open_desk(settings: Settings, name: str, password: str) -> AsyncIterator[Desk]:
    """`NotAllowed` where the account does not prove itself."""
    async with wiring.open_parts(settings) as parts:
        yield Desk(parts, await parts.accounts.prove(name, password))


def password_of(settings: Settings) -> str:
    """From the environment, else asked for without showing it."""
    typed = settings.account_password or str(typer.prompt("password", hide_input=True, err=True))
    if not typed:
        raise NotAllowed("an account proves itself with its password")
    return typed
