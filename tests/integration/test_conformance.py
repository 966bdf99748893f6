"""The conformance kit finds what is wrong with a recipient, and nothing with that of the docs."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.datamap import OpenDsrTransport, Recipient, WebhookTransport
from tests.datamaps.small import LABEL
from tests.forked import ROOT
from tests.town.listening import served
from tests.town.processor import CONTROLLER, DOMAIN, processing
from workers import conformance
from workers.adapters.tokens import create_secret
from workers.settings import Settings

NAME = "carrier"


def settings(folder: Path) -> Settings:
    return Settings(secrets=folder, allow_private_recipients=True)


def recipient(transport: WebhookTransport | OpenDsrTransport) -> Recipient:
    return Recipient.model_validate(
        {
            "label": LABEL,
            "subject": "member",
            "fields": {"name": "receiver"},
            "transport": transport.model_dump(),
        }
    )


async def wrong(folder: Path, url: str) -> list[str]:
    create_secret(folder, NAME, "out")
    found = await conformance.check(NAME, recipient(WebhookTransport(url=url)), settings(folder))
    assert all(one.advice for one in found if not one.ok)
    return [one.what for one in found if not one.ok]


@asynccontextmanager
async def answering(answer: Response) -> AsyncIterator[str]:
    async def take(_: Request) -> Response:
        return answer

    async with served(Starlette(routes=[Route("/", take, methods=["POST"])])) as port:
        yield f"http://127.0.0.1:{port}/"


async def test_the_recipient_of_the_docs_is_right(tmp_path: Path) -> None:
    secret = create_secret(tmp_path, NAME, "out")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "docs/examples/recipient.py"), str(port)),
        env={**os.environ, "SECRET_OUT": secret},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(30):
            while b"running on" not in await process.stderr.readline():
                pass
        assert await wrong(tmp_path, f"http://127.0.0.1:{port}/") == []
    finally:
        process.terminate()
        await process.wait()


async def test_a_recipient_that_checks_no_signature_is_found_out(tmp_path: Path) -> None:
    async with answering(JSONResponse({"status": "applied"})) as url:
        assert await wrong(tmp_path, url) == [
            "an altered body is refused",
            "a notice of ten minutes ago is refused",
            "a notice without a signature is refused",
        ]


async def test_an_answer_that_is_none_of_the_contract_is_found_out(tmp_path: Path) -> None:
    async with answering(JSONResponse({"result": "ok"})) as url:
        assert "its answer is empty, or says a status" in await wrong(tmp_path, url)


async def test_a_recipient_that_takes_nothing_is_asked_no_more(tmp_path: Path) -> None:
    async with answering(Response(status_code=500)) as url:
        assert await wrong(tmp_path, url) == ["a notice that is signed well is taken"]


async def test_a_recipient_that_is_not_there(tmp_path: Path) -> None:
    assert await wrong(tmp_path, "http://127.0.0.1:1/") == ["a notice arrives and is answered"]


@pytest.mark.parametrize("genuine", [True, False])
async def test_a_processor_is_checked_by_its_certificate(tmp_path: Path, *, genuine: bool) -> None:
    create_secret(tmp_path, NAME, "out")
    async with processing() as processor:
        processor.write_certificate(tmp_path / f"{NAME}.pem")
        if not genuine:
            async with processing() as other:
                other.write_certificate(tmp_path / f"{NAME}.pem")
        transport = OpenDsrTransport(url=processor.url, domain=DOMAIN, controller_id=CONTROLLER)
        found = await conformance.check(NAME, recipient(transport), settings(tmp_path))
    failed = [one.what for one in found if not one.ok]
    signed = ["the answer to a request is signed", "the answer to its status is signed"]
    assert failed == ([] if genuine else signed)
