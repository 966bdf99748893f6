"""The desk behind its other door: the company's own login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.desk_site import URL, DeskSite
from tests.identity_provider import CLIENT, SECRET, IdentityProvider, open_provider
from tests.sign_on import BACK
from workers import web
from workers.adapters.staff import Client, SingleSignOn


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    async with open_provider() as opened:
        opened.person = {"sub": f"u-{uuid4().hex}"}
        yield opened


@pytest.fixture
def claim() -> str:
    return "sub"


@pytest.fixture
async def door(desk: DeskSite, provider: IdentityProvider, claim: str) -> AsyncIterator[DeskSite]:
    """The same desk, behind the other door."""
    client = Client(provider.issuer, CLIENT, SECRET)
    sign_on = SingleSignOn(client, claim, f"{URL}/desk{BACK}")
    parts = replace(desk.parts, single_sign_on=sign_on)
    await parts.accounts.init()
    yield DeskSite(desk.town, parts, web.create_app(web.Parts.of(parts)))
    sign_on.close()
