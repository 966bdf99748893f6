"""Four recipients as strangers would write them, and one file on paper: told, checked, settled.

One with the reference library of Standard Webhooks, one from the text of OpenDSR, one in Node at
its queue, one person with a mail client; and the desk, which goes to the shelf.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from schemas.review import Role
from tests.conftest import Names
from tests.forked import ROOT
from tests.town import SMALLMACHINES, Town, open_town
from tests.town.checks import assert_stores
from tests.town.company import new_address
from tests.town.listening import served
from tests.town.processor import CONTROLLER, DOMAIN, Processor, processing
from tests.town.recipients import Recipient, serving
from tests.town.spool import CODE
from workers import wiring
from workers.adapters.tokens import create_secret
from workers.web import Parts, create_app

WEBHOOK, OPENDSR, AMQP = "hanbit-delivery", "dain-marketing", "korea-pay"
MAIL, PAPER = "seoul-books", "paper-files"
PERSON = "books@recipient.example"
LABEL = {"ko": "가", "en": "A"}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Quarter:
    """A town, its web server, and its third parties."""

    town: Town
    public_url: str
    webhook: Recipient
    processor: Processor


def data_map(folder: Path, webhook: str, opendsr: str) -> Path:
    text = SMALLMACHINES.read_text()
    head, _, rest = text.partition("\nrecipients:\n")
    ours = yaml.safe_load(text)["recipients"]
    fields = {"home_address": "address", "name": "who"}
    ours[WEBHOOK]["transport"]["url"] = webhook
    ours[OPENDSR]["transport"] = {
        "kind": "opendsr",
        "url": opendsr,
        "domain": DOMAIN,
        "controller_id": CONTROLLER,
    }
    ours[AMQP]["transport"] = {"kind": "amqp", "queue": f"dsr.recipient.{AMQP}"}
    ours[AMQP]["fields"]["home_address"] = "billing_address"
    ours[MAIL] = {
        "label": LABEL,
        "subject": "member",
        "fields": fields,
        "transport": {"kind": "mail", "address": PERSON, "language": "en"},
    }
    ours[PAPER] = {
        "label": LABEL,
        "subject": "member",
        "fields": fields,
        "transport": {"kind": "task", "instructions": {"ko": "3층 서가", "en": "Shelf, 3rd floor"}},
    }
    file = folder / "map.yaml"
    ledger = rest.partition("\ndisclosures:\n")[2]
    file.write_text(f"{head}\nrecipients: {json.dumps(ours)}\ndisclosures:\n{ledger}")
    return file


@pytest.fixture
async def quarter(names: Names, tmp_path: Path) -> AsyncIterator[Quarter]:
    webhook = Recipient(WEBHOOK, create_secret(tmp_path / "secrets", WEBHOOK, "out"))
    for name in (OPENDSR, AMQP):
        create_secret(tmp_path / "secrets", name, "out")
    for name in (WEBHOOK, AMQP):
        create_secret(tmp_path / "secrets", name, "in")
    port = free_port()
    async with AsyncExitStack() as exits:
        await exits.enter_async_context(serving({WEBHOOK: webhook}))
        processor = await exits.enter_async_context(processing())
        processor.write_certificate(tmp_path / "secrets" / f"{OPENDSR}.pem")
        town = await exits.enter_async_context(
            open_town(
                tmp_path,
                names.env(),
                data_map=data_map(tmp_path, webhook.url, processor.url),
                settings={"DSR_PUBLIC_URL": f"http://127.0.0.1:{port}"},
            )
        )
        gave = {"member_id": 1, "items": ["home_address"], "at": datetime.now(UTC)}
        rows = [{**gave, "recipient": name} for name in (WEBHOOK, OPENDSR, AMQP, MAIL, PAPER)]
        await town.company["disclosures"].insert_many(rows)
        await exits.enter_async_context(web(town, port))
        yield Quarter(town, f"http://127.0.0.1:{port}", webhook, processor)


@asynccontextmanager
async def web(town: Town, port: int) -> AsyncIterator[None]:
    async with wiring.open_parts(town.settings) as parts:
        app = create_app(Parts.of(parts))
        async with served(app, port):
            yield


async def node_modules() -> Path | None:
    """Where amqplib lies, installed once; None where that cannot be done."""
    folder = ROOT / "build" / "node"
    if not shutil.which("npm"):
        return None
    if not (folder / "node_modules" / "amqplib").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        install = await asyncio.create_subprocess_exec(
            *("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "amqplib@0.10"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if await asyncio.wait_for(install.wait(), 120):
            return None
    return folder / "node_modules"


@asynccontextmanager
async def consumer(quarter: Quarter, modules: Path) -> AsyncIterator[asyncio.StreamReader]:
    secrets = [
        create_secret(quarter.town.folder / "secrets", AMQP, which) for which in ("out", "in")
    ]
    process = await asyncio.create_subprocess_exec(
        *("node", str(ROOT / "tests/town/consumer.cjs"), quarter.town.env["DSR_AMQP_URL"]),
        *(f"dsr.recipient.{AMQP}", *secrets),
        env={"NODE_PATH": str(modules), "PATH": "/usr/bin:/usr/local/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
        yield process.stdout
    finally:
        process.terminate()
        await process.wait()


class Form(HTMLParser):
    """What a person sees on the page, and what its first form holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("type") == "hidden":
            self.hidden.setdefault(named["name"], named["value"])

    def handle_data(self, data: str) -> None:
        self.text += data


async def person_settles(quarter: Quarter, street: str) -> None:
    """Opens the mail, follows the link, gets the code, reads, does it, and says so."""
    town = quarter.town

    def mails() -> list[Any]:
        return [mail for mail in town.spool.all() if mail.to == (PERSON,)]

    await town.until(lambda: bool(mails()), "the mail that a notice waits")
    (told,) = mails()
    assert street not in told.text + told.html
    link = re.search(r"^(https?://\S+/recipients/\S+)$", told.text, re.MULTILINE)
    assert link is not None
    async with httpx.AsyncClient(timeout=20) as browser:
        assert street not in (await browser.get(link[1])).text
        await browser.post(link[1])
        await town.until(lambda: len(mails()) == 2, "the mail with the code")
        (code,) = CODE.findall(mails()[1].text)
        page = Form((await browser.post(link[1], data={"code": code})).text)
        assert street in page.text
        # The code is used up: whoever reads the mail later gets in no more.
        assert street not in (await browser.post(link[1], data={"code": code})).text
        done = await browser.post(link[1], data={**page.hidden, "status": "applied"})
        assert "No notice waits" in done.text or "기다리는 통지가 없습니다" in done.text


async def test_each_kind_of_recipient_is_told_checks_it_and_settles(quarter: Quarter) -> None:
    modules = await node_modules()
    if modules is None:
        pytest.skip("no node, or npm cannot install amqplib here")
    town = quarter.town
    address = new_address(7)
    minji = town.correction(1, home_address=address)
    await town.work()
    async with consumer(quarter, modules) as at_the_queue:
        await town.submit(minji)
        await town.prove(minji)
        read = json.loads(await asyncio.wait_for(at_the_queue.readline(), 60))
        assert read["fields"] == {"billing_address": address}
        await settled(quarter, minji, AMQP, "applied")

    # The reference library has checked it before it was kept.
    (call,) = quarter.webhook.calls
    assert call.body["fields"] == {"address": address}

    notices = (await town.request(minji))["notices"]
    id_ = notices[OPENDSR]["id"]
    asked = quarter.processor.requests[id_]
    assert asked["subject_request_type"] == "dsr-workers:correction"
    said = asked["extensions"][DOMAIN]["dsr.notice/1"]
    assert said["fields"] == {"postal_address": address}
    assert asked["subject_identities"][0]["identity_value"] == "minji.kim"
    assert (await quarter.processor.call_back(id_, "in_progress")).status_code == 202
    await settled(quarter, minji, OPENDSR, "acknowledged")
    assert (await quarter.processor.call_back(id_, "completed")).status_code == 202
    await settled(quarter, minji, OPENDSR, "applied")

    await person_settles(quarter, address["road"])
    await settled(quarter, minji, MAIL, "applied")

    tracking = (await town.request(minji))["tracking"]
    status, out, _ = await town.dsr("tasks", "list", "--json")
    assert status == 0
    assert [(t["tracking"], t["recipient"]) for t in json.loads(out)] == [(tracking, PAPER)]
    await town.staff(park=Role.AGENT)
    status, out, _ = await town.dsr("tasks", "show", tracking, PAPER, "--by", "park")
    assert status == 0
    assert address["road"] in out and "3층 서가" in out
    assert (await town.dsr("tasks", "done", tracking, PAPER, "--by", "park"))[0] == 0
    await town.until_completed([minji])

    history = [(e["what"], e["by"]) for e in (await town.request(minji))["history"]]
    assert ("notice_shown", "desk:park") in history
    assert ("notice_shown", f"recipient:{MAIL}") in history
    (mail,) = town.spool.of(minji.id, "completion")
    assert mail.text.count("반영했다는 답을 받았습니다") == 5
    await assert_stores(town)


async def settled(quarter: Quarter, wish: Any, recipient: str, status: str) -> None:
    async def stands() -> bool:
        notices = (await quarter.town.request(wish))["notices"]
        return bool(notices[recipient]["status"] == status)

    await quarter.town.until(stands, f"{recipient} {status}")
