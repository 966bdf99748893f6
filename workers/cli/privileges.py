"""`dsr privileges`: who may do what, as a table, as RabbitMQ's definitions, or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, get_args

import typer

from schemas.datamap import DataMap
from workers import privileges, wiring
from workers.cli.common import AsJson, show_json
from workers.ports.privileges import Place
from workers.privileges import page
from workers.settings import Settings

DEFINITIONS: Final = Path("deploy/rabbitmq/definitions.json")
PAGE: Final = Path("docs/privileges.md")
_ALL: Final[tuple[Place, ...]] = get_args(Place)


def rendered(datamap: DataMap, before: str) -> dict[Path, str]:
    """The two files that are made from the table; `before` is the page as it stands."""
    made = privileges.definitions(datamap, privileges.Names())
    return {
        DEFINITIONS: json.dumps(made, indent=2) + "\n",
        PAGE: page.inserted(before, datamap),
    }


def show(
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write deploy/rabbitmq/definitions.json and the tables of docs/privileges.md"
            " in this folder.",
            file_okay=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what each role may do on the broker and in the databases."""
    settings = Settings()
    datamap = wiring.read_datamap(settings)
    if out is not None:
        before = (out / PAGE).read_text(encoding="utf-8")
        for file, content in rendered(datamap, before).items():
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            (out / file).write_text(content, encoding="utf-8")
            typer.echo(f"{out / file}")
        return
    if as_json:
        show_json(_facts(datamap, wiring.names_of(settings)))
        return
    typer.echo("\n".join(page.broker_table(datamap)))
    typer.echo("\n" + "\n".join(page.database_table(datamap)))


def _facts(datamap: DataMap, names: privileges.Names) -> dict[str, object]:
    """Per role, its users as the servers are told of them."""
    found: dict[str, object] = {}
    for role in privileges.roles(datamap).values():
        database = privileges.database_user(role, names, datamap, _ALL)
        found[role.name] = {
            "who": role.who,
            "rabbitmq": asdict(privileges.broker_user(role, names)),
            "mongodb": asdict(database) if database else None,
        }
    return found
