"""`dsr init`, `dsr worker`, `dsr web`: what stands, and what runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import SettingsError
from workers import restore, web, wiring
from workers.cli.common import AsJson, run, show_json
from workers.pipeline import STATIONS
from workers.runtime import log, memory
from workers.runtime.topology import topology
from workers.runtime.worker import Worker, stop_on_signals
from workers.settings import Settings

StageNames = Annotated[
    list[str] | None, typer.Argument(help=f"Any of: {', '.join(STATIONS)}. All by default.")
]


def init(
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Only list what it would change.")] = False,
    indexes: Annotated[
        bool, typer.Option("--indexes", help="Also add lookup indexes to the company's data.")
    ] = False,
    with_users: Annotated[
        Path | None,
        typer.Option(
            "--with-users",
            help="Also make the users of all roles on the servers, and keep what each logs in with"
            " in this folder. Takes an administrator.",
            file_okay=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Declare broker topology, collections, indexes, views and keys. Safe while workers run."""
    settings = Settings()
    if not plan:
        wiring.create_keys(settings)
    changes = run(_init(settings, plan=plan, indexes=indexes, users=with_users))
    if as_json:
        show_json({"planned" if plan else "changed": changes})
        return
    typer.echo("would change:" if plan else "changed:")
    typer.echo("\n".join(f"  {change}" for change in changes) or "  nothing")
    if with_users is not None and not settings.amqp_management_url:
        typer.echo(
            f"RabbitMQ's users are in {with_users / wiring.IMPORT}: import it with"
            " `rabbitmqctl import_definitions`, or set DSR_AMQP_MANAGEMENT_URL and run this again"
        )


async def _init(settings: Settings, *, plan: bool, indexes: bool, users: Path | None) -> list[str]:
    async with wiring.open_parts(settings) as parts:
        changes = await wiring.init(parts, plan=plan, indexes=indexes)
    if users is not None:
        changes += await wiring.make_users(settings, users, plan=plan)
    return changes


def worker(stages: StageNames = None) -> None:
    """Run the named stages in the foreground; SIGTERM finishes what is in hand."""
    names = list(dict.fromkeys(stages or STATIONS))
    unknown = [name for name in names if name not in STATIONS]
    if unknown:
        raise typer.BadParameter(f"no stage {unknown[0]!r}; there are {', '.join(STATIONS)}")
    settings = Settings()
    log.set_up(settings.log_level)
    memory.share_heaps()
    run(_worker(settings, names))


async def _worker(settings: Settings, names: list[str]) -> None:
    stop = stop_on_signals()
    async with wiring.open_parts(settings) as parts:
        await parts.broker.check(queue.name for queue in topology().queues)
        await parts.layout.check()
        await restore.check(parts)
        if "registration" in names:
            parts.house.tools.policy.clocks.read()
        figures = parts.figures_of_all if "upkeep" in names else parts.figures
        async with _watched(settings, figures, lambda: wiring.ready(parts)):
            await Worker(parts.house, parts.broker, names, settings.tick).run(stop)


def _watched(
    settings: Settings,
    figures: wiring.Page,
    ready: Callable[[], Awaitable[Mapping[str, bool]]],
) -> AbstractAsyncContextManager[None]:
    """The port for whoever watches this process, where one is set."""
    app = web.figures_app(figures, ready)
    return web.watched(app, settings.metrics_host, settings.metrics_port)


def serve_web(
    *,
    pages: Annotated[
        str,
        typer.Option(
            "--pages",
            help=f"Only these, each with a user of its own: {', '.join(web.GROUPS)}.",
        ),
    ] = ",".join(web.GROUPS),
) -> None:
    """Serve the public pages, links of mails, recipients' acknowledgements, health endpoints."""
    groups = {name.strip() for name in pages.split(",")}
    if unknown := sorted(groups - set(web.GROUPS)):
        raise typer.BadParameter(f"no pages {unknown[0]!r}; there are {', '.join(web.GROUPS)}")
    settings = Settings()
    log.set_up(settings.log_level)
    if settings.public_url.startswith("http://") and not settings.public_url.startswith(
        ("http://127.0.0.1", "http://localhost")
    ):
        raise SettingsError("DSR_PUBLIC_URL must be https:// outside this machine")
    run(_serve_web(settings, groups))


async def _serve_web(settings: Settings, groups: set[str]) -> None:
    stop = stop_on_signals()
    if groups == {"form"}:
        # It only publishes, and gets to no database.
        async with wiring.open_form(settings) as form:
            app = web.create_app(web.Form.of(form))
            async with _watched(settings, form.figures, form.ready):
                await web.serve(app, settings.web_host, settings.web_port, stop)
        return
    async with wiring.open_parts(settings) as parts:
        await parts.layout.check()
        app = web.create_app(web.Parts.of(parts), groups)
        async with _watched(settings, parts.figures, lambda: wiring.ready(parts)):
            await web.serve(app, settings.web_host, settings.web_port, stop)
