"""Channels in Node.js: the examples publish what the workers understand, the document is valid."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue
from aiormq.abc import DeliveredMessage

from schemas.submission import Submission
from tests.cast import submission_content
from tests.conftest import Names
from workers.adapters.broker import RabbitBroker
from workers.adapters.envelopes import envelope_of
from workers.adapters.intake_seal import IntakeKeys
from workers.pipeline import STATIONS
from workers.runtime.decode import IntakeRules, decode
from workers.runtime.topology import topology

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGES = ("amqplib@0.10", "jose@6", "@asyncapi/parser@3.6")
NO_NODE = "Node.js and npm are not installed: the examples for it are not run"
PARSE = """\
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const wrong = diagnostics.filter((one) => one.severity < 2).map((one) => one.message);
console.log(JSON.stringify({ wrong, operations: document?.operations().all().length }));
"""

needs_node = pytest.mark.skipif(not shutil.which("npm"), reason=NO_NODE)


@pytest.fixture(scope="module")
async def node(pytestconfig: pytest.Config) -> Path:
    """A folder with the packages; installed once, kept in pytest's cache."""
    folder = pytestconfig.cache.mkdir("node")
    if not (folder / "installed").exists():
        npm = ("npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder))
        await run(*npm, *PACKAGES, within=150)
        (folder / "installed").touch()
    return folder


@pytest.fixture
async def registration(names: Names) -> AsyncIterator[AbstractQueue]:
    """The queue of the first stage, where nobody works."""
    async with RabbitBroker(names.amqp_url) as broker:
        wanted = topology()
        await broker.declare(wanted.exchanges, wanted.queues)
    async with await aio_pika.connect(names.amqp_url) as connection:
        channel = await connection.channel()
        yield await channel.get_queue("dsr.registration")


async def run(
    *command: str, typed: str = "", env: Mapping[str, str] | None = None, within: float = 60
) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(env) if env else None,
    )
    async with asyncio.timeout(within):
        out, err = await process.communicate(typed.encode())
    assert process.returncode == 0, err.decode()
    return out.decode()


async def taken(queue: AbstractQueue, keys: IntakeKeys) -> Submission:
    """What registration makes of the message that is there."""
    channel = await queue.channel.get_underlay_channel()
    message = await channel.basic_get(queue.name, no_ack=True)
    return understood(message, queue, keys, sealed=False)


def understood(
    message: DeliveredMessage, queue: AbstractQueue, keys: IntakeKeys, *, sealed: bool
) -> Submission:
    """What registration makes of it."""
    said = message.header.properties
    assert said.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    envelope = envelope_of(message, queue.name, 1)
    rules = IntakeRules(keys, require_sealed=sealed, users={"web": said.user_id or ""})
    (made,) = decode(envelope, STATIONS["registration"], rules)
    assert isinstance(made, Submission)
    return made


def example(language: str, names: Names) -> str:
    """The one of the README, at this broker and as its user."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    user = names.amqp_url.partition("//")[2].partition(":")[0]
    written = str(found).replace("amqp://intake-web:secret@127.0.0.1/", names.amqp_url)
    assert written != found
    return written.replace('"intake-web"', f'"{user}"')


async def test_the_readmes_python_example_publishes_what_is_understood(
    registration: AbstractQueue, names: Names, tmp_path: Path
) -> None:
    await run(sys.executable, "-c", example("python", names))
    keys = IntakeKeys.create(tmp_path / "intake")
    made = await taken(registration, keys)
    assert (made.kind, made.changes[0].value) == ("correction", "교사")


@needs_node
async def test_the_readmes_node_example_publishes_what_is_understood(
    registration: AbstractQueue, names: Names, node: Path, tmp_path: Path
) -> None:
    program = node / "readme.mjs"
    program.write_text(example("js", names))
    await run("node", str(program))
    keys = IntakeKeys.create(tmp_path / "intake")
    made = await taken(registration, keys)
    assert (made.kind, made.changes[0].value) == ("correction", "교사")


@needs_node
async def test_the_sealed_example_is_opened_by_the_workers_alone(
    registration: AbstractQueue, names: Names, node: Path, tmp_path: Path
) -> None:
    keys = IntakeKeys.create(tmp_path / "intake")
    (tmp_path / "intake.jwks").write_text(json.dumps(keys.public_jwks()))
    program = node / "sealed.mjs"
    shutil.copy(ROOT / "docs/examples/publish-sealed.mjs", program)
    content = submission_content(statement="봉한 말")
    answered = asyncio.create_task(_answer(registration, keys, names))
    out = await run(
        *("node", str(program), str(tmp_path / "intake.jwks")),
        typed=json.dumps(content),
        env={"AMQP_URL": names.amqp_url, "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert json.loads(out) == {"accepted": True, "tracking": "DSR-ACEF-HJKM"}
    made = await answered
    assert (made.submission_id, made.statement) == (content["submission_id"], "봉한 말")


async def _answer(queue: AbstractQueue, keys: IntakeKeys, names: Names) -> Submission:
    """Be registration: take it, and answer as it does."""
    got: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
    underlay = await queue.channel.get_underlay_channel()
    consuming = await underlay.basic_consume(queue.name, got.put, no_ack=True)
    message = await asyncio.wait_for(got.get(), 30)
    await underlay.basic_cancel(consuming.consumer_tag or "")
    asked = message.header.properties
    answer = json.dumps({"accepted": True, "tracking": "DSR-ACEF-HJKM"}).encode()
    async with await aio_pika.connect(names.amqp_url) as connection:
        channel = await connection.channel()
        reply = aio_pika.Message(answer, correlation_id=asked.correlation_id)
        await channel.default_exchange.publish(reply, asked.reply_to or "")
    assert b"minji" not in message.body
    return understood(message, queue, keys, sealed=True)


@needs_node
async def test_the_asyncapi_document_is_one(node: Path) -> None:
    program = node / "parse.mjs"
    program.write_text(PARSE)
    out = await run("node", str(program), str(ROOT / "docs/schemas/asyncapi.json"))
    assert json.loads(out) == {"wrong": [], "operations": 21}
