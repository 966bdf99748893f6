"""The disclosure gate over HTTP, asked by somebody else, or something else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.disclosure import Hindrance, Permission
from tests.third_parties import KEY, Behind, datamap
from tests.web_house import Site, open_site

WISH = {
    "schema": "dsr.disclosure/1",
    "id": "01935f3e-0000-4000-8000-000000000001",
    "subject": {"type": "member", "key": "42"},
    "recipient": "carrier",
    "fields": ["name"],
    "basis": {"kind": "law", "reference": "art. 17"},
}


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
async def site(tmp_path: Path, behind: Behind) -> AsyncIterator[Site]:
    async with open_site(
        tmp_path / "secrets", the_map=datamap(), third_parties=behind.build
    ) as opened:
        yield opened


async def ask(site: Site, content: Any, key: str | None = KEY) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key is not None else {}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await site.client.post("/disclosures", content=body, headers=headers)


async def test_what_may_go_is_said_so(site: Site) -> None:
    answer = await ask(site, WISH)
    assert (answer.status_code, answer.json()["allowed"]) == (200, True)


async def test_what_may_not_go_is_403_with_the_reasons(site: Site, behind: Behind) -> None:
    behind.gate.answer = Permission((Hindrance("restricted", "name"),))
    answer = await ask(site, WISH)
    assert answer.status_code == 403
    assert answer.json()["reasons"] == [{"reason": "restricted", "field": "name"}]


@pytest.mark.parametrize("key", [None, "", "wrong", "키"])
async def test_without_a_key_of_ours_nothing_is_looked_at(
    site: Site, behind: Behind, key: str | None
) -> None:
    sent = None if key is None else key.encode().decode("latin-1")
    answer = await ask(site, b"not even json", sent if sent is None or sent.isascii() else "x")
    assert answer.status_code == 401
    assert behind.gate.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"fields": []},
        {"fields": ["profile.address"]},
        {"fields": [{"$gt": ""}]},
        {"basis": None},
        {"basis": {"kind": "consent"}},
        {"basis": {"kind": "because", "reference": "x"}},
        {"basis": {"kind": "law", "reference": "a\r\nb"}},
        {"subject": {"type": "member", "key": {"$ne": ""}}},
        {"id": "1"},
        {"at": "yesterday"},
        {"dry_run": True},
    ],
)
async def test_what_is_no_wish_is_422_with_paths_and_no_values(
    site: Site, behind: Behind, change: dict[str, Any]
) -> None:
    answer = await ask(site, {**WISH, **change})
    assert answer.status_code == 422
    assert all(one["path"].startswith("$") for one in answer.json()["errors"])
    assert behind.gate.asked == []
