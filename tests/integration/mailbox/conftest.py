"""A mail server of the company and one of everybody else, real ones; emptied for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Names
from tests.ending import ending
from tests.post_office import MISSING, OFFICE, PostOffice, missing, open_post_office
from tests.town import Town, open_town


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[PostOffice]:
    """Started once."""
    if missing():
        pytest.skip(MISSING)
    async with ending(open_post_office()) as office:
        yield office


@pytest.fixture
def post(servers: PostOffice, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """With empty mailboxes, and trusted."""
    servers.empty()
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.certificate))
    return servers


@pytest.fixture
async def town(post: PostOffice, names: Names, tmp_path: Path) -> AsyncIterator[Town]:
    """A company whose mail goes out and comes in there."""
    settings = {
        "DSR_SMTP_URL": post.smtp_url,
        "DSR_IMAP_URL": post.imap_url,
        "DSR_MAIL_FROM": OFFICE,
        "DSR_MAIL_REPLIES": "true",
        "DSR_IMAP_POLL": "1",
        "DSR_REQUESTS_A_DAY": "100",
    }
    async with open_town(tmp_path, names.env(), settings=settings) as made:
        yield made
