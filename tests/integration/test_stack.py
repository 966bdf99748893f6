"""What the embedded servers promise, tried on servers of this test's own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import smtplib
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import aio_pika
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import OperationFailure

from tests.town.processes import dsr_here
from workers.adapters.replica_set import ADMIN
from workers.local.ports import Ports
from workers.local.processes import StackError
from workers.local.server import Server
from workers.local.smtp_sink import Fault
from workers.local.stack import Stack

ROOT = Path(__file__).parents[2]


def processes_of(folder: Path) -> list[str]:
    """Every process on this machine that mentions the folder, in its command or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if entry.name != str(os.getpid()) and str(folder).encode() in text:
            found.append(entry.name)
    return found


def listening(stack: Stack) -> list[int]:
    ports = Ports(stack.folder / "stack.json")
    open_ports = []
    for name in ("rabbit", "rabbit_dist", "rabbit_epmd", "mongo", "smtp"):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", ports[name])) == 0:
                open_ports.append(ports[name])
    return open_ports


def servers(stack: Stack) -> tuple[Server, ...]:
    return (stack.rabbit, stack.mongo, stack.smtp)


async def publish_and_read(url: str) -> bytes:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            "kept", durable=True, arguments={"x-queue-type": "quorum"}
        )
        message = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "kept")
        got = await queue.get()
        await got.ack()
        return got.body


async def known_on_disk(stack: Stack, queue: str) -> None:
    """Wait until the node has written down which quorum queues it holds.

    It does so within five seconds. One that was declared just before a crash is otherwise a name
    without a queue, which answers every message with a nack.
    """
    (names,) = (stack.folder / "rabbit").rglob("quorum/*/names.dets")
    async with asyncio.timeout(20):
        while queue.encode() not in names.read_bytes():  # noqa: ASYNC110 - a file of another process
            await asyncio.sleep(0.1)


def mail(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "privacy@corp.example", to, "주소 정정"
    message.set_content("안녕하세요")
    return message


def send(stack: Stack, to: str) -> None:
    with smtplib.SMTP("127.0.0.1", stack.smtp.port, timeout=10) as client:
        client.send_message(mail(to))


@pytest.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with Stack(tmp_path_factory.mktemp("own"), auth=True, environment={}) as stack:
        yield stack


async def test_the_broker_takes_a_durable_message(own: Stack) -> None:
    assert await publish_and_read(own.rabbit.url) == b"kept"


async def test_the_database_does_transactions(own: Stack) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(own.mongo.url)
    async with await client.start_session() as session:
        async with session.start_transaction():
            await client.members.people.insert_one({"_id": "kim"}, session=session)
        async with session.start_transaction():
            await client.members.people.delete_one({"_id": "kim"}, session=session)
            await session.abort_transaction()
    assert await client.members.people.find_one() == {"_id": "kim"}
    client.close()


async def test_the_database_lets_nobody_in_without_a_password(own: Stack) -> None:
    for password in ("", f"{ADMIN}:wrong@"):
        url = f"mongodb://{password}127.0.0.1:{own.mongo.port}/?replicaSet=rs0"
        client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(url)
        with pytest.raises(OperationFailure):
            await client.members.people.find_one()
        client.close()
    for name in ("key", "password"):
        assert stat.S_IMODE((own.folder / "mongo" / name).stat().st_mode) == 0o600
    (address,) = (status.address for status in own.status() if status.server == "mongo")
    assert address == f"mongodb://127.0.0.1:{own.mongo.port}/?replicaSet=rs0"


async def test_users_of_all_roles_are_made_on_its_servers(own: Stack, tmp_path: Path) -> None:
    roles = tmp_path / "roles"
    users = ("stack", "users", str(roles), "--dir", str(own.folder))
    assert "role dsr-verification on MongoDB" in await dsr_here(*users, settings={})
    assert "nothing" in await dsr_here(*users, settings={})
    url = (roles / "channel-web/DSR_AMQP_URL").read_text().strip()
    async with await aio_pika.connect(url):
        pass
    url = (roles / "verification/DSR_MONGO_URL").read_text().strip()
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(url)
    assert await client.company.members.find_one() is None
    with pytest.raises(OperationFailure, match="not authorized"):
        await client.company.members.delete_one({})
    client.close()


async def test_every_mail_is_kept_with_its_envelope(own: Stack) -> None:
    await asyncio.to_thread(send, own, "minji@kept.example")
    kept = [message_from_bytes(file.read_bytes()) for file in own.smtp.maildir.glob("new/*")]
    assert [m["Subject"] for m in kept if m["Delivered-To"] == "minji@kept.example"]


async def test_the_mail_server_fails_as_often_as_it_is_asked_to(own: Stack) -> None:
    own.smtp.fail([Fault(451, "minji@fails.example", times=1)])
    await asyncio.to_thread(send, own, "jiho@fails.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await asyncio.to_thread(send, own, "minji@fails.example")
    assert refused.value.recipients["minji@fails.example"][0] == 451
    await asyncio.to_thread(send, own, "minji@fails.example")


async def test_a_mail_server_that_closes_says_421(own: Stack) -> None:
    own.smtp.fail([Fault(421)])
    with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPServerDisconnected)):
        await asyncio.to_thread(send, own, "minji@closed.example")
    own.smtp.fail([])
    await asyncio.to_thread(send, own, "minji@closed.example")


@pytest.mark.faults
async def test_a_killed_server_comes_back_on_its_port_with_its_data(own: Stack) -> None:
    before = [server.url for server in servers(own)]
    assert await publish_and_read(own.rabbit.url) == b"kept"
    await known_on_disk(own, "kept")
    await own.rabbit.ctl("add_vhost", "survives")
    for server in servers(own):
        await server.kill()
        assert not server.running()
    for server in servers(own):
        await server.start()
    assert [server.url for server in servers(own)] == before
    assert "survives" in await own.rabbit.ctl("list_vhosts")
    assert await publish_and_read(own.rabbit.url) == b"kept"


@pytest.mark.faults
async def test_a_paused_server_answers_nothing_until_it_goes_on(own: Stack) -> None:
    own.smtp.pause()
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        await asyncio.to_thread(smtplib.SMTP, "127.0.0.1", own.smtp.port, timeout=0.5)
    own.smtp.resume()
    await asyncio.to_thread(send, own, "minji@paused.example")


async def test_starting_again_changes_nothing(own: Stack) -> None:
    before = own.status()
    assert await own.up() == frozenset()
    assert own.status() == before


async def test_two_stacks_stand_beside_each_other(own: Stack, tmp_path: Path) -> None:
    async with Stack(tmp_path / "other", environment={}) as other:
        assert not set(listening(own)) & set(listening(other))
        assert await publish_and_read(other.rabbit.url) == b"kept"
        inside = other.folder
        assert processes_of(inside)
    assert not processes_of(inside)
    assert not listening(other)
    assert await publish_and_read(own.rabbit.url) == b"kept"


async def test_two_who_start_one_folder_at_once_get_the_same_servers(tmp_path: Path) -> None:
    twins = [Stack(tmp_path, environment={}) for _ in range(2)]
    try:
        started = await asyncio.gather(*(twin.up() for twin in twins))
        assert sorted(map(len, started)) == [0, 3]
        assert twins[0].status() == twins[1].status()
        assert twins[0].env() == twins[1].env()
    finally:
        await twins[0].down()
    assert not processes_of(tmp_path)


@pytest.mark.faults
@pytest.mark.soak
async def test_after_a_crash_of_everything_the_folder_starts_again(tmp_path: Path) -> None:
    crashed = Stack(tmp_path, environment={})
    await crashed.up()
    before = crashed.env()
    await crashed.rabbit.ctl("add_vhost", "survives")
    for pid in processes_of(tmp_path):
        # One may end by itself, when it sees that another is gone.
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    again = Stack(tmp_path, environment={})
    try:
        assert await again.up() == {"rabbit", "mongo", "smtp"}
        assert again.env() == before
        assert "survives" in await again.rabbit.ctl("list_vhosts")
    finally:
        await again.down()
    assert not processes_of(tmp_path)


@pytest.mark.faults
@pytest.mark.soak
async def test_a_port_that_was_taken_meanwhile_is_given_up(tmp_path: Path) -> None:
    stack = Stack(tmp_path, auth=True, environment={})
    await stack.up()
    # As in a shell that has evaluated `dsr stack env`: the servers are this folder's all the same.
    down = [sys.executable, "-m", "workers.cli", "stack", "down", "--dir", str(tmp_path)]
    subprocess.run(down, env={**os.environ, **stack.env()}, cwd=ROOT, check=True)  # noqa: ASYNC221
    assert listening(stack) == []
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", stack.mongo.port))
        async with stack:
            assert stack.mongo.port != foreign.getsockname()[1]
            client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(stack.mongo.url)
            await client.members.people.insert_one({"_id": "kim"})
            client.close()


@pytest.mark.faults
async def test_servers_do_not_outlive_an_owner_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from workers.local.stack import Stack\n"
        "async def main():\n"
        "    async with Stack(pathlib.Path(sys.argv[1]), environment={}):\n"
        "        print('up', flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(tmp_path)),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert owner.stdout
    assert await owner.stdout.readline() == b"up\n"
    left = processes_of(tmp_path)
    owner.kill()
    await owner.wait()
    async with asyncio.timeout(60):
        await asyncio.gather(*(the_end_of(int(pid)) for pid in left))
    assert not processes_of(tmp_path)


async def the_end_of(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def test_nothing_is_started_where_a_server_is_named(tmp_path: Path) -> None:
    named = {"DSR_AMQP_URL": "amqp://u:secret@broker/", "DSR_MONGO_URL": "mongodb://db/"}
    async with Stack(tmp_path, environment=named) as stack:
        assert [(s.server, s.external) for s in stack.status()] == [
            ("rabbit", True),
            ("mongo", True),
            ("smtp", False),
        ]
        assert "secret" not in str(stack.status())
        assert stack.env().items() >= named.items()
        assert not stack.rabbit.running()
        assert not stack.mongo.running()


def test_what_does_not_run_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="dsr stack up"):
        Stack(tmp_path, environment={}).env()


async def test_a_server_that_cannot_start_says_where_its_log_is(tmp_path: Path) -> None:
    stack = Stack(tmp_path, environment={})
    stack.mongo.folder.mkdir(parents=True)
    (stack.mongo.folder / "data").write_text("a file where the data folder should be")
    with pytest.raises((StackError, OSError)):
        await stack.up()
    assert not processes_of(tmp_path)
