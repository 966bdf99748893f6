"""The pages' way in: sealed on the broker, and open again once the broker is."""

from __future__ import annotations

import gc
import json
import weakref
from pathlib import Path

import aio_pika
import pytest

from schemas.errors import Unreachable
from schemas.messages import INTAKE
from tests.cast import submission_content
from tests.conftest import Names
from workers.adapters.intake_publisher import IntakePublisher
from workers.adapters.intake_seal import IntakeKeys, sealer
from workers.channels.publisher import Publisher
from workers.channels.web import WebChannel


async def declare(names: Names) -> None:
    async with await aio_pika.connect(names.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(INTAKE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue("taken", durable=True)
        await queue.bind(exchange, "submission.*")


async def taken(names: Names) -> bytes:
    async with await aio_pika.connect(names.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("taken")
        message = await queue.get(no_ack=True)
        assert message.content_type == "application/jose"
        return message.body


async def test_what_is_published_is_sealed_and_a_line_that_failed_is_opened_anew(
    names: Names, tmp_path: Path
) -> None:
    keys = IntakeKeys.create(tmp_path / "intake")
    public = keys.public_jwks()["keys"][0]
    body = json.dumps(submission_content(), ensure_ascii=False).encode()
    async with (
        IntakePublisher(names.amqp_url) as line,
        Publisher(line, sealer(public)) as publisher,
    ):
        channel = WebChannel(publisher)
        with pytest.raises(Unreachable):
            await channel.submission(body, 0.1)
        await declare(names)
        assert await channel.submission(body, 0.1) is None, "nobody registers here"
        sealed = await taken(names)
        assert "김민지".encode() not in sealed
        assert keys.unseal(sealed) == body


async def test_an_answer_that_never_comes_is_not_kept(names: Names, tmp_path: Path) -> None:
    await declare(names)
    public = IntakeKeys.create(tmp_path / "intake").public_jwks()["keys"][0]
    body = json.dumps(submission_content()).encode()
    async with IntakePublisher(names.amqp_url) as line:
        _, answer = await Publisher(line, sealer(public)).submission(body)
        kept = weakref.ref(answer)
        del answer
        gc.collect()
        assert kept() is None, "with years of them a channel's memory would be full"
