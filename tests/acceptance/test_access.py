"""An access request seen from outside: asked, proven, fetched with a fresh code, and then gone."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schemas.request import SubjectRef
from tests.acceptance.files import flushed, forms, found
from tests.conftest import Names
from tests.town import Town, open_town
from tests.town.company import Correction
from workers import web, wiring
from workers.local.stack import Stack

LINK = re.compile(r"^(https?://\S+/package/\S+)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Access(Correction):
    """One member who wants to see what is held about him."""

    def submission(self, **other: Any) -> dict[str, Any]:
        """What the channel publishes."""
        content = super().submission(kind="access", **other)
        return {name: value for name, value in content.items() if name != "changes"}


@pytest.fixture
async def town(names: Names, tmp_path: Path) -> AsyncIterator[Town]:
    """A town in which enough codes may be sent for six downloads."""
    settings = {"DSR_CHALLENGES_A_DAY": "20"}
    async with open_town(tmp_path, names.env(), settings=settings) as made:
        yield made


async def newest(town: Town, wish: Access, number: int) -> str:
    """The code of this download's mail."""
    await town.until(lambda: bool(town.spool.of(wish.id, f"download-{number}")), "a code")
    (mail,) = town.spool.of(wish.id, f"download-{number}")
    assert mail.to == (wish.contact,)
    return mail.code


async def join(town: Town, parts: wiring.Parts, phone: str, password: str) -> Access:
    """One more member, who then asks."""
    member = {**town.before["members"][0], "_id": 1001, "email": "canary@mail.example"}
    member |= {"phones": {"mobile": phone}, "login": {"id": "canary.kim", "password": password}}
    ref = SubjectRef(type="member", key="1001")
    rows = await parts.subject_data.seal_documents([(ref, "members", member)])
    await town.company["members"].insert_many(rows)
    await town.company["messages"].insert_one({"author": {"id": 1001, "name": "김카나"}})
    return Access(member, {})


async def fetch(town: Town, parts: wiring.Parts, wish: Access) -> bytes:
    """What the fifth download brings; a wrong code, and the sixth, bring nothing."""
    # The pages, over the stores that the worker uses.
    pages = web.Parts.of(parts)
    (mail,) = town.spool.of(wish.id, "completion")
    (link,) = LINK.findall(mail.text)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web.create_app(pages))) as visitor:
        for number in range(1, 6):
            await visitor.post(link)
            code = await newest(town, wish, number)
            wrong = await visitor.post(link, data={"code": f"{int(code) ^ 1:08}"})
            assert wrong.headers["content-type"].startswith("text/html")
            fetched = await visitor.post(link, data={"code": code})
            assert fetched.headers["content-type"] == "application/zip"
        await visitor.post(link)
        assert (await visitor.post(link, data={"code": code})).content == wrong.content
    return fetched.content


@pytest.mark.timeout(240)
async def test_from_the_question_to_the_end_of_the_package(town: Town, stack: Stack) -> None:
    phone = f"010-{uuid4().int % 7999 + 2000}-{uuid4().int % 8999 + 1000}"
    hidden = f"canary{uuid4().hex}"
    async with wiring.open_parts(town.settings) as parts:
        wish = await join(town, parts, phone, hidden)
        await town.work()
        await town.submit(wish)
        assert await town.prove(wish) == {"accepted": True}
        await town.until_completed([wish])
        assert not any(recipient.calls for recipient in town.recipients.values())

        archive = zipfile.ZipFile(io.BytesIO(await fetch(town, parts, wish)))
        data = json.loads(archive.read("personal-data.json"))
        page = archive.read("personal-data.html").decode()
        for text in (json.dumps(data, ensure_ascii=False), page):
            assert phone in text
            assert "김카나" in text
            assert hidden not in text
            assert str(town.before["members"][1]["email"]) not in text
        assert {record["collection"] for record in data["records"]} == {"members", "messages"}

        # What is sealed in the record stands nowhere in clear now either.
        await flushed(town)
        assert found(stack.mongo.folder, [hidden.encode()])[hidden.encode()], "it finds nothing"
        for folder in (stack.mongo.folder, stack.rabbit.folder, town.folder):
            assert not any(found(folder, forms(phone)).values())

        status, said, error = await town.dsr("audit", "verify")
        assert status == 0, said + error
        package = (await town.request(wish))["package"]
        due = package["destroy_after"]
        assert due - package["made_at"] == timedelta(days=7)
        assert len(package["downloads"]) == 5
        listed = await parts.retention.sweep(due, dry_run=True)
        assert "packages" in [one.what for one in listed.swept]
        assert await parts.packages.open(package["id"]) is not None
        await parts.retention.sweep(due)
        assert await parts.packages.open(package["id"]) is None
        assert await town.ours["packages.chunks"].count_documents({}) == 0
