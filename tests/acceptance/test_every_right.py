"""Each kind by each channel, for oneself and for one's child: 48 requests, all at the same time.

Every stage is a process of its own, under the users of its role: that is enough for all of it, and
what `workers/privileges` does not list is refused by the real servers.
"""

from __future__ import annotations

import asyncio
import stat
import time
from collections.abc import AsyncIterator
from typing import Any, get_args

import aio_pika
import httpx
import pytest
from aio_pika.exceptions import ChannelClosed
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from schemas.submission import Channel
from tests.town.outcomes import End, assert_as_it_must_be, end_of, untouched
from tests.town.playing import play
from tests.town.privileged import (
    Privileged,
    logged_in,
    may,
    may_declare,
    may_publish,
    may_read,
    open_privileged_town,
)
from tests.town.processes import dsr_here
from tests.town.table import ROWS, Row
from workers import wiring
from workers.local.stack import Stack
from workers.pipeline import STATIONS
from workers.web import Form, create_app

WITHIN = 150.0
"""Seconds in which all of it must have ended; at a load of ten it took 47."""
STAGES = tuple(STATIONS)
WORKING = (*STAGES, "links", "recipients", "desk", "mailbox", "retention", "keys")
"""Those who commit transitions, and publish what follows from them."""
ANSWERING = ("registration", "verification")
INTAKE = {
    **{name: {"web"} for name in ("form", "links", "channel-web")},
    **{name: {"email"} for name in ("mailbox", "channel-email")},
    "channel-phone": {"phone"},
    "channel-post": {"post"},
    "desk": set(get_args(Channel)),
}
"""For which channel who may publish."""
QUEUES = {name: f"dsr.{name}" for name in STAGES if name != "upkeep"} | {"upkeep": "dsr.dead"}
ON_THE_BROKER = (*WORKING, "form", "doctor", *(f"channel-{name}" for name in get_args(Channel)))
IN_THE_DATABASES = (*WORKING, "init", "doctor", "worker", "web", "operator")
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
async def house(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Privileged]:
    async with open_privileged_town(stack, tmp_path_factory.mktemp("privileged")) as made:
        yield made


@pytest.fixture(scope="module")
async def end(house: Privileged) -> End:
    """All rows have been played, and every stage has ended."""
    began = time.monotonic()
    played = await play(house.town, ROWS, WITHIN)
    print(f"48 requests ended in {time.monotonic() - began:.1f} s")  # noqa: T201
    made = await end_of(house.town, played)
    await asyncio.gather(*(worker.stop() for worker in house.town.workers))
    return made


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
async def test_whoever_has_the_right_has_it_carried_out_and_is_told(row: Row, end: End) -> None:
    assert_as_it_must_be(row, end)


async def test_nobody_elses_data_has_changed_and_no_stage_was_refused_anything(end: End) -> None:
    assert untouched(end) == []
    said = "".join(worker.log.read_text() for worker in end.town.workers)
    assert said.count('"worker_started"') == len(STATIONS)
    for refused in ('"database"', '"outbox_kept"', '"not_told"', '"topology"'):
        assert refused not in said


@pytest.mark.parametrize(
    ("role", "command"),
    [
        ("desk", ("audit", "verify")),
        ("desk", ("requests", "list")),
        ("desk", ("dead", "list")),
        ("doctor", ("doctor",)),
        ("init", ("init",)),
        ("keys", ("keys", "rotate")),
        ("retention", ("retention", "run")),
        ("operator", ("restore", "replay", "--dry-run")),
    ],
)
async def test_each_command_is_done_under_its_role(
    role: str, command: tuple[str, ...], end: End
) -> None:
    await dsr_here(*command, settings=end.town.env_as(role))


async def test_the_form_alone_publishes_and_reaches_no_database(end: End) -> None:
    nowhere = end.town.settings_as("form").model_copy(
        update={"mongo_url": "mongodb://127.0.0.1:1/"}
    )
    async with wiring.open_form(nowhere) as form:
        transport = httpx.ASGITransport(create_app(Form.of(form)))
        async with httpx.AsyncClient(transport=transport, base_url="http://form") as visitor:
            typed = {"tracking": next(iter(end.played.values())).tracking, "code": "12345678"}
            assert (await visitor.post("/verify", data=typed)).status_code == 200
            assert (await visitor.get("/readyz")).json()["servers"] == {"rabbitmq": True}
            assert (await visitor.get("/")).status_code == 200
            for elsewhere in ("/status", "/desk/login", "/notices/1/ack"):
                assert (await visitor.get(elsewhere)).status_code == 404
    url = end.town.env["DSR_AMQP_URL"]
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue("dsr.verification")
        message = await queue.get(no_ack=True)
    assert message is not None
    assert (message.routing_key, message.user_id) == ("proof.web", f"{end.town.env['DSR_DB']}-form")


async def test_a_second_making_changes_nothing_and_the_first_said_what_it_would(
    house: Privileged,
) -> None:
    assert "role " in house.plan_before
    assert "file verification/DSR_MONGO_URL" in house.plan_before
    assert house.plan_after.splitlines()[:2] == ["would change:", "  nothing"]
    files = [file for file in house.folder.rglob("*") if file.is_file()]
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


# --- The broker ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ON_THE_BROKER)
async def test_a_role_publishes_and_reads_what_is_its_and_nothing_else(role: str, end: End) -> None:
    async with await aio_pika.connect(end.town.env_as(role)["DSR_AMQP_URL"]) as connection:
        published = {
            (exchange, key)
            for exchange, key in (
                ("dsr.work", "nowhere"),
                ("dsr.events", "request.completed"),
                ("", "dsr.deletion"),
                *(("dsr.intake", f"proof.{channel}") for channel in get_args(Channel)),
                ("dsr.intake", "anything.web"),
            )
            if await may_publish(connection, exchange, key)
        }
        read = {queue for queue in QUEUES.values() if await may_read(connection, queue)}
        assert not await may_declare(connection, "dsr.another")
    wanted = {("dsr.intake", f"proof.{channel}") for channel in INTAKE.get(role, ())}
    if role in WORKING:
        wanted |= {("dsr.work", "nowhere"), ("dsr.events", "request.completed")}
    if role in ANSWERING:
        wanted |= {("", "dsr.deletion")}
    assert published == wanted
    assert read == ({QUEUES[role]} if role in QUEUES else set())


async def test_who_listens_to_events_reads_nothing_else(end: End) -> None:
    async with await aio_pika.connect(end.town.env_as("events")["DSR_AMQP_URL"]) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("dsr.events", "#")
        for exchange in ("dsr.work", "dsr.intake"):
            with pytest.raises(ChannelClosed, match="ACCESS_REFUSED"):
                await (await (await connection.channel()).get_queue(queue.name)).bind(exchange, "#")
        assert not await may_publish(connection, "dsr.events", "request.completed")
        assert not await may_read(connection, "dsr.dead")


# --- The databases -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "refused"),
    {
        "registration": ("find company.members", "remove keys.keys", "find archive.documents"),
        "verification": (
            *("remove company.members", "update company.members", "remove company.dsr_subjects"),
            *("remove keys.keys", "find archive.documents", "find company.messages"),
        ),
        "review": ("update company.members", "remove company.dsr_subjects", "insert own.requests"),
        "correction": ("remove company.members", "insert company.members", "remove keys.keys"),
        "access": ("update company.members", "remove company.members", "find archive.documents"),
        "deletion": ("insert company.members", "update keys.keys", "remove archive.documents"),
        "restriction": ("update company.members", "find company.messages", "remove keys.keys"),
        "objection": ("remove company.newsletter", "insert company.newsletter"),
        "propagation": ("update company.members", "insert company.disclosures"),
        "completion": ("find company.members", "find company.dsr_subjects"),
        "mailing": ("find company.members", "find own.packages"),
        "upkeep": ("insert company.members", "update keys.keys", "find own.accounts"),
        "links": ("update company.members", "find company.messages", "find own.parked"),
        "recipients": ("update company.members", "update company.disclosures", "find own.accounts"),
        "desk": ("update company.members", "remove archive.documents", "update keys.keys"),
        "mailbox": ("find company.members", "remove keys.keys", "find own.accounts"),
        "retention": ("insert company.members", "update keys.keys", "find own.accounts"),
        "keys": ("find company.members", "remove keys.keys", "find archive.documents"),
        "init": ("insert own.requests", "insert keys.keys", "update company.members"),
        "doctor": ("update own.requests", "find company.members", "insert keys.keys"),
    }.items(),
)
async def test_a_role_is_refused_what_is_not_its(
    role: str, refused: tuple[str, ...], end: End
) -> None:
    async with logged_in(end.town, role) as client:
        assert [one for one in refused if await may(client, end.town, one)] == []


@pytest.mark.parametrize("role", IN_THE_DATABASES)
async def test_nobody_edits_history(role: str, end: End) -> None:
    async with logged_in(end.town, role) as client:
        for allowed in (
            *("update own.archive_reads", "remove own.archive_reads", "drop own.archive_reads"),
            *("remove own.requests", "drop own.requests", "remove own.parked", "remove own.sweeps"),
            *("remove company.dsr_tombstones", "drop company.dsr_tombstones"),
            *("remove own.announcements", "drop company.members", "drop keys.keys"),
        ):
            assert not await may(client, end.town, allowed), allowed


async def test_what_is_a_roles_own_is_not_refused(end: End) -> None:
    async with logged_in(end.town, "deletion") as client:
        for one in ("find company.members", "remove company.members", "remove keys.keys"):
            assert await may(client, end.town, one)
    async with logged_in(end.town, "registration") as client:
        assert await may(client, end.town, "insert own.requests")


async def test_who_only_publishes_has_no_user_in_the_databases(end: End) -> None:
    for role in ("form", "events", *(f"channel-{name}" for name in get_args(Channel))):
        assert "DSR_MONGO_URL" not in end.town.users[role]
    bare = end.town.env["DSR_MONGO_URL"].rpartition("@")[2]
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{bare}") as client:
        with pytest.raises(OperationFailure, match="requires authentication"):
            await client[end.town.env["DSR_SUBJECT_DB"]]["members"].find_one()
