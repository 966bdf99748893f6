"""Notices to recipients that are processes of their own, checking signatures as strangers do."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import PutOff, Unreachable
from schemas.notice import NoticeStatus
from schemas.request import SubjectRef
from tests.rogue import APPLIED, rogue, saying
from tests.web_house import NOTICE, OTHER_NOTICE, datamap, open_site, told_request
from workers.adapters.recipients import CONNECTIONS, CurrentValues, Means, Recipients
from workers.adapters.tokens import create_secret
from workers.ports import OutboundResult, SendNotice
from workers.web import serve

MINJI = SubjectRef(type="member", key="42")


@dataclass
class Values:
    """What stands in the company's database."""

    values: dict[str, Any] = field(default_factory=lambda: {"name": "김민지"})
    seq: int = 7
    withheld: frozenset[str] = frozenset()

    def key_for(self, recipient: str) -> str:
        """The same for everybody."""
        return f"{recipient}-42"


async def as_it_stands(_: SubjectRef, __: tuple[str, ...], ___: str) -> CurrentValues:
    return Values()


def notice(
    recipient: str = "carrier",
    *,
    lease: float = 45.0,
    fields: tuple[str, ...] = ("name",),
    notice_id: str = NOTICE,
) -> SendNotice:
    return SendNotice(recipient, notice_id, "r", MINJI, fields, time.monotonic() + lease)


@dataclass
class ThirdParty:
    """A recipient's process."""

    url: str
    record: Path

    def calls(self) -> list[dict[str, Any]]:
        """Every call that it wrote down."""
        return [json.loads(line) for line in self.record.read_text().splitlines()]


@asynccontextmanager
async def third_party(
    folder: Path, mode: str, *more: str, name: str = "carrier"
) -> AsyncIterator[ThirdParty]:
    record = folder / f"{mode}.jsonl"
    program = ("-m", "workers.local.recipient", name, mode, "0", str(folder / "secrets"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *program, "--record", str(record), *more, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        yield ThirdParty(f"http://127.0.0.1:{port}/hook", record)
    finally:
        process.terminate()
        await process.wait()


def recipients(
    folder: Path,
    url: str,
    current: Callable[..., Awaitable[CurrentValues]] = as_it_stands,
    public_url: str = "https://privacy.shop.example",
) -> Recipients:
    create_secret(folder / "secrets", "carrier", "out")
    told = datamap().with_recipient_url("carrier", url, allow_private_recipients=True)
    return Recipients(told, current, Means(folder / "secrets", public_url, allow_private=True))


async def test_a_notice_is_applied_at_once_and_holds_just_the_field(tmp_path: Path) -> None:
    async with (
        third_party(tmp_path, "applies") as carrier,
        recipients(tmp_path, carrier.url) as ours,
    ):
        assert await ours.perform(notice()) == OutboundResult("applied", seq=7)
        (call,) = carrier.calls()
        assert call["answered"] == 200
        assert call["notice"] == {
            "schema": "dsr.notice/1",
            "type": "correction",
            "notice_id": NOTICE,
            "sequence": 7,
            "subject": {"key": "carrier-42"},
            "fields": {"receiver": "김민지"},
            "ack_url": f"https://privacy.shop.example/notices/{NOTICE}/ack",
        }


async def test_a_recipient_may_settle_later_with_a_signed_acknowledgement(tmp_path: Path) -> None:
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with open_site(tmp_path / "secrets", told_request()) as site:
        serving = asyncio.create_task(
            serve(site.app, "127.0.0.1", 0, stop, listening=port.set_result)
        )
        public_url = f"http://127.0.0.1:{await port}"
        async with (
            third_party(tmp_path, "later", "--delay", "0.1") as carrier,
            recipients(tmp_path, carrier.url, public_url=public_url) as ours,
        ):
            assert await ours.perform(notice()) == OutboundResult("delivered", seq=7)
            async with asyncio.timeout(20):
                while site.notice().status is not NoticeStatus.APPLIED:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        stop.set()
        await serving


async def test_a_recipient_that_is_down_at_first_gets_the_same_notice_again(
    tmp_path: Path,
) -> None:
    async with (
        third_party(tmp_path, "down-first") as carrier,
        recipients(tmp_path, carrier.url) as ours,
    ):
        assert await ours.perform(notice()) == OutboundResult("put_off", "http_503", seq=7)
        assert (await ours.perform(notice())).status == "applied"
        first, second = carrier.calls()
        assert first["notice"] == second["notice"]


async def test_a_dripping_recipient_ends_with_the_lease(tmp_path: Path) -> None:
    async with (
        third_party(tmp_path, "drips") as carrier,
        recipients(tmp_path, carrier.url) as ours,
    ):
        assert await ours.perform(notice(lease=0.5)) == OutboundResult("put_off", "timeout")


async def test_a_recipient_that_redirects_is_not_followed(tmp_path: Path) -> None:
    async with (
        third_party(tmp_path, "redirects") as carrier,
        recipients(tmp_path, carrier.url) as ours,
    ):
        assert (await ours.perform(notice())).code == "redirected"
        assert len(carrier.calls()) == 1


async def test_a_recipient_with_another_secret_takes_nothing(tmp_path: Path) -> None:
    async with third_party(tmp_path, "applies") as carrier:
        file = tmp_path / "secrets" / "carrier.out"
        file.unlink()
        async with recipients(tmp_path, carrier.url) as ours:
            assert (await ours.perform(notice())).code == "http_401"
            assert carrier.calls()[0]["notice"] == {}


async def test_nothing_is_sent_after_the_lease(tmp_path: Path) -> None:
    async with rogue(saying(APPLIED)) as server, recipients(tmp_path, server.url()) as ours:
        result = await ours.perform(notice(lease=-0.001))
        assert result == OutboundResult("put_off", "lease_over")
        assert server.heads == []


async def test_a_lease_that_ends_while_the_values_are_read_sends_nothing(tmp_path: Path) -> None:
    async def slowly(*_: object) -> CurrentValues:
        await asyncio.sleep(0.2)
        return Values()

    async with rogue(saying(APPLIED)) as server, recipients(tmp_path, server.url(), slowly) as ours:
        assert (await ours.perform(notice(lease=0.1))).code == "lease_over"
        assert server.heads == []


async def test_a_slow_recipient_is_called_by_few_at_once_and_holds_up_nobody(
    tmp_path: Path,
) -> None:
    full, release, at_once = asyncio.Event(), asyncio.Event(), 0

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once
        at_once += 1
        if at_once == CONNECTIONS:
            full.set()
        await release.wait()
        writer.write(APPLIED)
        await writer.drain()

    async with rogue(slow) as server, rogue(saying(APPLIED)) as quick:
        for name in ("carrier", "insurer"):
            create_secret(tmp_path / "secrets", name, "out")
        both = (
            datamap()
            .with_recipient_url("carrier", server.url(), allow_private_recipients=True)
            .with_recipient_url("insurer", quick.url(), allow_private_recipients=True)
        )
        means = Means(tmp_path / "secrets", "x", allow_private=True)
        async with Recipients(both, as_it_stands, means) as ours:
            waiting = asyncio.gather(*(ours.perform(notice()) for _ in range(3 * CONNECTIONS)))
            await full.wait()
            assert (await ours.perform(notice("insurer"))).status == "applied"
            assert at_once == CONNECTIONS
            release.set()
            assert {result.status for result in await waiting} == {"applied"}
            assert server.connections == CONNECTIONS


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (PutOff("restricted"), "restricted"),
        (Unreachable("MongoDB does not answer"), "unreachable"),
    ],
)
async def test_values_that_cannot_be_read_put_the_notice_off(
    tmp_path: Path, failure: Exception, code: str
) -> None:
    async def fail(*_: object) -> CurrentValues:
        raise failure

    async with rogue(saying(APPLIED)) as server, recipients(tmp_path, server.url(), fail) as ours:
        assert await ours.perform(notice()) == OutboundResult("put_off", code)
        assert server.heads == []


async def test_a_bug_of_ours_is_told_to_the_caller_who_logs_it(tmp_path: Path) -> None:
    async def fail(*_: object) -> CurrentValues:
        raise RuntimeError("김민지")

    async with rogue(saying(APPLIED)) as server, recipients(tmp_path, server.url(), fail) as ours:
        with pytest.raises(RuntimeError):
            await ours.perform(notice())
        assert server.heads == []


async def test_what_the_map_does_not_give_a_recipient_is_not_sent(tmp_path: Path) -> None:
    async with rogue(saying(APPLIED)) as server, recipients(tmp_path, server.url()) as ours:
        result = await ours.perform(notice(fields=("name", "email")))
        assert result == OutboundResult("put_off", "field_not_in_map")
        assert server.heads == []


async def test_a_recipient_that_left_the_map_is_put_off(tmp_path: Path) -> None:
    async with recipients(tmp_path, "http://127.0.0.1:1/") as ours:
        assert (await ours.perform(notice("nobody"))).code == "recipient_not_in_map"


async def test_a_recipient_without_a_secret_is_put_off(tmp_path: Path) -> None:
    async with recipients(tmp_path, "http://127.0.0.1:1/") as ours:
        assert (await ours.perform(notice("insurer"))).code == "key_folder"


async def test_a_recipient_that_is_not_there_is_put_off(tmp_path: Path) -> None:
    async with recipients(tmp_path, "http://127.0.0.1:1/") as ours:
        assert (await ours.perform(notice())).code == "connect_failed"


async def test_kept_connections_are_used_again(tmp_path: Path) -> None:
    async with rogue(saying(APPLIED)) as server, recipients(tmp_path, server.url()) as ours:
        for number in range(20):
            identifier = NOTICE if number % 2 else OTHER_NOTICE
            assert (await ours.perform(notice(notice_id=identifier))).status == "applied"
        assert server.connections == 1
        assert [server.header("webhook-id", call) for call in (0, 1)] == [OTHER_NOTICE, NOTICE]


async def test_the_acknowledgement_address_is_below_the_public_one(tmp_path: Path) -> None:
    async with (
        rogue(saying(APPLIED)) as server,
        recipients(tmp_path, server.url(), public_url="https://x.example/p/") as ours,
    ):
        await ours.perform(notice())
        (body,) = server.bodies
        assert json.loads(body)["ack_url"] == f"https://x.example/p/notices/{NOTICE}/ack"
