"""`dsr account …`: who works at the desk."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.errors import NotFound, SettingsError
from schemas.review import Role
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

app = typer.Typer(help="Accounts of the desk: add, list or disable them.", no_args_is_help=True)


@app.command()
def add(
    name: str,
    *,
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.AGENT,
    login_id: Annotated[
        str, typer.Option(help="Login ID of this person as a customer: who never decides on it.")
    ] = "",
    oidc: Annotated[
        str, typer.Option(help="Who this is at the OpenID Connect provider; no password then.")
    ] = "",
) -> None:
    """Add an account; its password is asked for, or read from standard input."""
    run(_add(name, role, None if oidc else _password(), login_id, oidc))
    typer.echo(f"added {name}, {role}")


@app.command()
def link(name: str, oidc: Annotated[str, typer.Argument(help="The value of its claim.")]) -> None:
    """Say who at the OpenID Connect provider an account is; every session of it ends."""
    run(_link(name, oidc))
    typer.echo(f"linked {name}")


@app.command("list")
def list_accounts(*, as_json: AsJson = False) -> None:
    """Every account with its role, also those that are disabled; no passwords."""
    accounts = run(_list())
    if as_json:
        show_json(accounts)
        return
    table = Table("name", "role", "added", "by", "state")
    for one in accounts:
        state = "disabled" if one.get("disabled_at") else "active"
        table.add_row(
            one["_id"], one["role"], f"{one['created_at']:%Y-%m-%d}", one["created_by"], state
        )
    Console().print(table)


@app.command()
def disable(name: str) -> None:
    """Disable an account for good; what it decided stands."""
    run(_disable(name))
    typer.echo(f"disabled {name}")


@app.command("reset-factor")
def reset_factor(name: str) -> None:
    """Have the second factor set up anew at the next login; every session of the account ends."""
    run(_reset(name))
    typer.echo(f"{name} sets up a second factor at the next login")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


async def _add(name: str, role: Role, password: str | None, login_id: str, oidc: str) -> None:
    async with wiring.open_parts(Settings()) as parts:
        login = _provider(parts).login(oidc) if oidc else None
        own = None
        if login_id:
            person = await parts.subject_data.find({"login_id": login_id})
            if person is None:
                raise NotFound("nobody on record has this login ID")
            own = person.pseudonym
        by = getpass.getuser()
        await parts.accounts.add(name, role, password, by, own=own, login=login)


async def _link(name: str, oidc: str) -> None:
    async with wiring.open_parts(Settings()) as parts:
        await parts.accounts.link(name, _provider(parts).login(oidc))


def _provider(parts: wiring.Parts) -> wiring.SingleSignOn:
    if parts.single_sign_on is None:
        raise SettingsError("DSR_OIDC_ISSUER is missing: whose login would that be?")
    return parts.single_sign_on


async def _reset(name: str) -> None:
    async with wiring.open_parts(Settings()) as parts:
        await parts.second_factor.reset(name)


async def _list() -> list[dict[str, Any]]:
    async with wiring.open_parts(Settings()) as parts:
        return await parts.accounts.list()


async def _disable(name: str) -> None:
    async with wiring.open_parts(Settings()) as parts:
        await parts.accounts.disable(name, getpass.getuser())
