"""One set of real servers for the whole run; every test has databases and a broker of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.desk_site import DeskSite, open_desk_site
from tests.ending import end_all, ending
from tests.town.place import folder_for_servers, place
from workers.local.stack import Stack

_BATCH = 8
"""Virtual hosts made at once: eight take hardly longer than one."""


@dataclass(frozen=True, slots=True)
class Names:
    """What one test has for itself on the shared servers."""

    db: str
    keys_db: str
    subject_db: str
    archive_db: str
    vhost: str
    amqp_url: str
    mongo_url: str
    smtp_url: str
    maildir: Path

    def env(self) -> dict[str, str]:
        """The settings that lead there."""
        return {
            "DSR_AMQP_URL": self.amqp_url,
            "DSR_MONGO_URL": self.mongo_url,
            "DSR_SMTP_URL": self.smtp_url,
            "DSR_MAILDIR": str(self.maildir),
            "DSR_DB": self.db,
            "DSR_KEYS_DB": self.keys_db,
            "DSR_SUBJECT_DB": self.subject_db,
            "DSR_ARCHIVE_DB": self.archive_db,
        }


class Vhosts:
    """Fresh virtual hosts, made a few ahead."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._ready: list[str] = []

    async def take(self) -> str:
        """One that nobody used yet."""
        if not self._ready:
            batch = [f"test-{uuid.uuid4().hex[:12]}" for _ in range(_BATCH)]
            await self._stack.rabbit.add_vhosts(*batch)
            self._ready = batch
        return self._ready.pop()


@pytest.fixture(scope="session", autouse=True)
async def _nothing_outlives_the_session() -> AsyncIterator[None]:
    yield
    await end_all()


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """The embedded servers, always ours: a test may kill them. Their files can be searched."""
    with folder_for_servers("dsr-test-") as folder:
        async with ending(Stack(Path(folder), for_tests=True, environment={})) as servers:
            yield servers


@pytest.fixture(scope="session")
def vhosts(stack: Stack) -> Vhosts:
    """The supply of virtual hosts."""
    return Vhosts(stack)


@pytest.fixture
async def names(stack: Stack, vhosts: Vhosts) -> Names:
    """Databases and a virtual host of this test alone; all mail goes to one common Maildir."""
    vhost = await vhosts.take()
    own = vhost.replace("-", "_")
    return Names(
        db=f"{own}_dsr",
        keys_db=f"{own}_keys",
        subject_db=f"{own}_company",
        archive_db=f"{own}_archive",
        vhost=vhost,
        amqp_url=stack.rabbit.url_of(vhost),
        mongo_url=stack.mongo.url,
        smtp_url=stack.smtp.url,
        maildir=stack.smtp.maildir,
    )


@pytest.fixture(scope="session")
async def desk(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DeskSite]:
    """The desk with its people; tests add requests of their own and share the rest."""
    folder = tmp_path_factory.mktemp("desk")
    async with ending(open_desk_site(folder, await place(stack))) as site:
        yield site
