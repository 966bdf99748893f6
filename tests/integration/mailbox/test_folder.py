"""A mail is seen once the broker has what it says, and only the folder that is set is read."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPResponseException
from typing import Any

import pytest

from schemas.errors import SettingsError, Unreachable
from tests.mails import OFFICE as KNOWN
from tests.mails import raw
from tests.post_office import OFFICE, PASSWORD, PostOffice
from workers.adapters import imap
from workers.adapters.imap import ImapFolder
from workers.adapters.mail_reader import SeparateReader
from workers.channels.mailbox.watch import Done, Mailbox
from workers.channels.publisher import Publisher
from workers.ports.intake import Answer, Outgoing


class Line:
    """A broker that can be away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.taken: list[Outgoing] = []

    async def publish(self, outgoing: Outgoing) -> Answer:
        if self.away:
            raise Unreachable("RabbitMQ does not answer")
        self.taken.append(outgoing)
        return asyncio.get_running_loop().create_future()


class NoDesk:
    """A desk that has nothing."""

    async def keep(self, *_: Any, **__: Any) -> bool:
        return False

    async def unreachable(self, *_: str) -> bool:
        return False


def mailbox(folder: ImapFolder, line: Line, done: list[Done]) -> Mailbox:
    publisher = Publisher(line, lambda body: body)
    return Mailbox(folder, SeparateReader(), publisher, NoDesk(), KNOWN, done.append)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + 20
    while not await condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)


async def arrived(post: PostOffice, count: int) -> None:
    async def there() -> bool:
        return len(post.delivered(OFFICE)) >= count

    await until(there)


def flags(post: PostOffice, folder: str = "INBOX") -> str:
    with post.imap() as line:
        line.select(folder, readonly=True)
        _, answer = line.fetch("1:*", "(FLAGS)")
        return str(answer)


async def test_a_mail_is_seen_once_the_broker_has_it_and_not_before(post: PostOffice) -> None:
    await post.send(raw())
    await arrived(post, 1)
    line, done = Line(away=True), list[Done]()
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        with pytest.raises(Unreachable):
            await mailbox(folder, line, done).look()
        assert "Seen" not in flags(post)
        line.away = False
        assert await mailbox(folder, line, done).look() == 1
        assert "Seen" in flags(post)
        assert await mailbox(folder, line, done).look() == 0
    assert done == ["submission"]
    assert [one.routing_key for one in line.taken] == ["submission.email"]


async def test_only_the_folder_that_is_set_is_read(post: PostOffice) -> None:
    await post.send(raw("inbox"))
    await arrived(post, 1)
    with post.imap() as line:
        line.create("Privacy")
        line.append("Privacy", "", "", raw("개인정보 열람", message_id="<other@x>"))
    async with ImapFolder(post.imap_url, "Privacy") as folder:
        (one,) = await folder.unseen(10)
    assert b"<other@x>" in one.content
    assert "Seen" not in flags(post)


async def test_a_mail_that_was_moved_away_meanwhile_harms_nobody(post: PostOffice) -> None:
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        assert await folder.unseen(10) == []
        await folder.seen("1.99")
        await folder.seen("123456.1", flagged=True)


async def test_too_large_a_mail_is_fetched_by_its_header_alone(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "LARGEST", 10_000)
    await post.send(raw(b"x" * 20_000))
    await arrived(post, 1)
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        (one,) = await folder.unseen(10)
    assert not one.whole
    assert len(one.content) < 2000
    assert abs(one.arrived - datetime.now(UTC)) < timedelta(minutes=2)


async def test_fifty_megabytes_are_refused_at_the_border(post: PostOffice) -> None:
    with pytest.raises(SMTPResponseException) as refused:
        await post.send(raw(b"x" * (50 * 1024 * 1024)))
    assert refused.value.smtp_code == 552


async def test_what_comes_while_nothing_is_done_is_noticed_at_once(post: PostOffice) -> None:
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        await folder.unseen(10)
        began = time.monotonic()
        waits = asyncio.create_task(folder.wait(60))
        await asyncio.sleep(0.3)
        await post.send(raw())
        await asyncio.wait_for(waits, 30)
        assert time.monotonic() - began < 30
        assert len(await folder.unseen(10)) == 1


async def test_a_line_that_was_cut_is_built_anew(post: PostOffice) -> None:
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        await folder.unseen(10)
        assert folder._box is not None  # noqa: SLF001 - as a network that breaks
        folder._box.client.socket().shutdown(socket.SHUT_RDWR)  # noqa: SLF001
        with pytest.raises(Unreachable, match="DSR_IMAP_URL"):
            await folder.unseen(10)
        assert await folder.unseen(10) == []


async def test_a_wrong_password_is_told_without_it(post: PostOffice) -> None:
    url = post.imap_url.replace(PASSWORD, "wrong-secret")
    async with ImapFolder(url, "INBOX") as folder:
        with pytest.raises(Unreachable) as told:
            await folder.unseen(1)
    assert "wrong-secret" not in str(told.value)


async def test_a_server_that_nobody_vouches_for_gets_no_password(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        with pytest.raises(Unreachable):
            await folder.unseen(1)


@pytest.mark.parametrize(
    "url", ["", "https://a:b@c", "imaps://host", "imap://u:p@h?starttls=maybe", "imaps:///"]
)
def test_an_address_of_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="DSR_IMAP_URL") as told:
        ImapFolder(url, "INBOX")
    assert not url or url not in str(told.value)
