"""Every process under users of its own: enough for all that it does, and refused what is not its.

`workers/privileges` says who may do what; here real servers are asked.
"""

from __future__ import annotations

import asyncio
import stat
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
from tests.town.privileged import Privileged, open_privileged_town
from tests.town.processes import dsr_here
from tests.town.table import ROWS, Row
from workers import wiring
from workers.local.stack import Stack
from workers.pipeline import STATIONS
from workers.web import Form, create_app

WITHIN = 120.0
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
UNAUTHORIZED = 13
NOTHING = {"$set": {"nothing": True}}
IN_THE_DATABASES = (*WORKING, "init", "doctor", "worker", "web", "operator")
PLAYED = tuple(
    row
    for row in ROWS
    if row.name
    in {
        *("access-web-self", "correction-email-self", "deletion-phone-guardian"),
        *("restriction-post-self", "objection-phone-self", "inquiry-web-self"),
        *("correction-web-guardian", "deletion-web-self", "access-post-self"),
    }
)
"""Each kind, each channel, a guardian, a call and a letter."""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
async def house(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Privileged]:
    async with open_privileged_town(stack, tmp_path_factory.mktemp("privileged")) as made:
        yield made


@pytest.fixture(scope="module")
async def end(house: Privileged) -> End:
    """All rows have been played, and every stage has ended."""
    played = await play(house.town, PLAYED, WITHIN)
    made = await end_of(house.town, played)
    await asyncio.gather(*(worker.stop() for worker in house.town.workers))
    return made


@pytest.mark.parametrize("row", PLAYED, ids=[row.name for row in PLAYED])
async def test_each_stage_may_do_all_that_a_request_takes(row: Row, end: End) -> None:
    assert_as_it_must_be(row, end)


async def test_nobody_elses_data_has_changed_and_no_stage_was_refused_anything(end: End) -> None:
    assert untouched(end) == []
    said = "".join(worker.log.read_text() for worker in end.town.workers)
    assert "Unauthorized" not in said
    assert '"code": "database"' not in said
    assert len(end.town.workers) == len(STATIONS)


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


async def may_publish(connection: Any, exchange: str, key: str) -> bool:
    channel = await connection.channel()
    to = (
        await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    )
    try:
        await to.publish(aio_pika.Message(b"{}"), key, mandatory=False, timeout=30)
    except ChannelClosed as error:
        return not_refused(error)
    await channel.close()
    return True


async def may_read(connection: Any, queue: str) -> bool:
    channel = await connection.channel()
    try:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False, timeout=30)
    except ChannelClosed as error:
        return not_refused(error)
    await channel.close()
    return True


def not_refused(error: ChannelClosed) -> bool:
    if "ACCESS_REFUSED" not in str(error):
        raise error
    return False


async def may_declare(connection: Any, queue: str) -> bool:
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue, durable=True, timeout=30)
    except ChannelClosed as error:
        return not_refused(error)
    return True


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
    async with logged_in(end, role) as client:
        assert [one for one in refused if await may(client, end, one)] == []


@pytest.mark.parametrize("role", IN_THE_DATABASES)
async def test_nobody_edits_history(role: str, end: End) -> None:
    async with logged_in(end, role) as client:
        for allowed in (
            *("update own.archive_reads", "remove own.archive_reads", "drop own.archive_reads"),
            *("remove own.requests", "drop own.requests", "remove own.parked", "remove own.sweeps"),
            *("remove company.dsr_tombstones", "drop company.dsr_tombstones"),
            *("remove own.announcements", "drop company.members", "drop keys.keys"),
        ):
            assert not await may(client, end, allowed), allowed


async def test_what_is_a_roles_own_is_not_refused(end: End) -> None:
    async with logged_in(end, "deletion") as client:
        for one in ("find company.members", "remove company.members", "remove keys.keys"):
            assert await may(client, end, one)
    async with logged_in(end, "registration") as client:
        assert await may(client, end, "insert own.requests")


async def test_who_only_publishes_has_no_user_in_the_databases(end: End) -> None:
    for role in ("form", "events", *(f"channel-{name}" for name in get_args(Channel))):
        assert "DSR_MONGO_URL" not in end.town.users[role]
    bare = end.town.env["DSR_MONGO_URL"].rpartition("@")[2]
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{bare}") as client:
        with pytest.raises(OperationFailure, match="requires authentication"):
            await client[end.town.env["DSR_SUBJECT_DB"]]["members"].find_one()


def logged_in(end: End, role: str) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(end.town.env_as(role)["DSR_MONGO_URL"])


async def may(client: AsyncMongoClient[dict[str, Any]], end: End, what: str) -> bool:
    """Whether the server lets it: each command would change nothing, had it the right to."""
    action, _, where = what.partition(" ")
    place, _, collection = where.partition(".")
    names = {"own": "DSR_DB", "keys": "DSR_KEYS_DB", "company": "DSR_SUBJECT_DB"}
    commands: dict[str, dict[str, Any]] = {
        "find": {"find": collection, "filter": {"_id": "nobody"}},
        "insert": {"insert": collection, "documents": [{"_id": ["not an id"]}]},
        "update": {"update": collection, "updates": [{"q": {"_id": "nobody"}, "u": NOTHING}]},
        "remove": {"delete": collection, "deletes": [{"q": {"_id": "nobody"}, "limit": 1}]},
        "drop": {"drop": collection},
    }
    try:
        await client[end.town.env[names.get(place, "DSR_ARCHIVE_DB")]].command(commands[action])
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        return False
    return True
