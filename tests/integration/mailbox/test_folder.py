"""A mail is seen once the broker has what it says, and only the folder that is set is read."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from datetime import UTC, datetime, timedelta
from smtplib import SMTPResponseException

import pytest

from schemas.errors import SettingsError, Unreachable
from tests.mail_watch import Line, arrived, breaking, flags, mailbox
from tests.mails import raw
from tests.post_office import PASSWORD, PostOffice
from workers.adapters import imap
from workers.adapters.imap import ImapFolder
from workers.channels.mailbox.watch import Done
from workers.ports.mailbox import RawMail


async def the_one(folder: ImapFolder) -> RawMail:
    (uid,) = await folder.unseen()
    found = await folder.fetch(uid)
    assert found is not None
    return found


def told(line: Line) -> list[str]:
    """The subjects of what the broker has."""
    return [re.findall("before|behind|large", one.body.decode())[-1] for one in line.taken]


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


async def test_a_line_that_breaks_at_a_large_mail_costs_the_others_nothing(
    post: PostOffice,
) -> None:
    sizes = {"before": 100, "large": 1_000_000, "behind": 100}
    for count, (name, size) in enumerate(sizes.items(), start=1):
        await post.send(raw(b"x" * size, subject=name, message_id=f"<{name}@mail.example>"))
        await arrived(post, count)
    line, done, said = Line(), list[Done](), list[Exception]()
    async with breaking(post, 400_000) as url, ImapFolder(url, "INBOX") as folder:
        watched = mailbox(folder, line, done, failed=said.append)
        with pytest.raises(Unreachable):
            await watched.look()
        assert told(line) == ["before"]
        assert flags(post).count("Seen") == 1
        with pytest.raises(Unreachable):
            await watched.look()
        assert told(line) == ["before", "behind"], "it is tried after those that were not"
        with pytest.raises(Unreachable):
            await watched.look()
        assert await watched.look() == 1
        assert await watched.look() == 0
    assert [type(error) for error in said] == [Unreachable] * 3
    # What three times could not be fetched comes to the desk by its header alone.
    assert told(line) == ["before", "behind", "large"]
    assert b"look in the mailbox" in line.taken[-1].body
    assert done == ["submission"] * 3
    assert flags(post).count("Seen") == 3


async def test_no_mail_is_fetched_before_its_turn(post: PostOffice) -> None:
    for number in range(3):
        await post.send(raw(message_id=f"<m{number}@mail.example>"))
    await arrived(post, 3)
    line, done, order = Line(), list[Done](), list[str]()

    class Followed(ImapFolder):
        async def fetch(self, uid: str, *, whole: bool = True) -> RawMail | None:
            order.append("fetch")
            return await super().fetch(uid, whole=whole)

        async def seen(self, uid: str, *, flagged: bool = False) -> None:
            await super().seen(uid, flagged=flagged)
            order.append("seen")

    async with Followed(post.imap_url, "INBOX") as folder:
        assert await mailbox(folder, line, done).look() == 3
    assert order == ["fetch", "seen"] * 3


def test_a_large_mail_has_the_time_that_a_slow_line_takes() -> None:
    half_a_megabit = 64 * 1024
    assert imap.time_for(0) < 150
    assert imap.time_for(imap.LARGEST) > imap.LARGEST / half_a_megabit


async def test_only_the_folder_that_is_set_is_read(post: PostOffice) -> None:
    await post.send(raw("inbox"))
    await arrived(post, 1)
    with post.imap() as line:
        line.create("Privacy")
        line.append("Privacy", "", "", raw("개인정보 열람", message_id="<other@x>"))
    async with ImapFolder(post.imap_url, "Privacy") as folder:
        one = await the_one(folder)
    assert b"<other@x>" in one.content
    assert "Seen" not in flags(post)


async def test_a_mail_that_was_moved_away_meanwhile_harms_nobody(post: PostOffice) -> None:
    await post.send(raw())
    await arrived(post, 1)
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        (uid,) = await folder.unseen()
        with post.imap() as line:
            line.select()
            line.store("1", "+FLAGS", "\\Deleted")
            line.expunge()
        assert await folder.fetch(uid) is None
        await folder.seen(uid)
        assert await folder.fetch("123456.1") is None
        await folder.seen("123456.1", flagged=True)
        assert await folder.unseen() == []


async def test_too_large_a_mail_is_fetched_by_its_header_alone(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "LARGEST", 10_000)
    await post.send(raw(b"x" * 20_000))
    await arrived(post, 1)
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        one = await the_one(folder)
    assert not one.whole
    assert len(one.content) < 2000
    assert abs(one.arrived - datetime.now(UTC)) < timedelta(minutes=2)


async def test_fifty_megabytes_are_refused_at_the_border(post: PostOffice) -> None:
    with pytest.raises(SMTPResponseException) as refused:
        await post.send(raw(b"x" * (50 * 1024 * 1024)))
    assert refused.value.smtp_code == 552


async def test_what_comes_while_nothing_is_done_is_noticed_at_once(post: PostOffice) -> None:
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        await folder.unseen()
        began = time.monotonic()
        waits = asyncio.create_task(folder.wait(60))
        await asyncio.sleep(0.3)
        await post.send(raw())
        await asyncio.wait_for(waits, 30)
        assert time.monotonic() - began < 30
        assert len(await folder.unseen()) == 1


async def test_a_line_that_was_cut_is_built_anew(post: PostOffice) -> None:
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        await folder.unseen()
        assert folder._box is not None  # noqa: SLF001 - as a network that breaks
        folder._box.client.socket().shutdown(socket.SHUT_RDWR)  # noqa: SLF001
        with pytest.raises(Unreachable, match="DSR_IMAP_URL"):
            await folder.unseen()
        assert await folder.unseen() == []


async def test_a_wrong_password_is_told_without_it(post: PostOffice) -> None:
    url = post.imap_url.replace(PASSWORD, "wrong-secret")
    async with ImapFolder(url, "INBOX") as folder:
        with pytest.raises(Unreachable) as told:
            await folder.unseen()
    assert "wrong-secret" not in str(told.value)


async def test_a_server_that_nobody_vouches_for_gets_no_password(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        with pytest.raises(Unreachable):
            await folder.unseen()


@pytest.mark.parametrize(
    "url", ["", "https://a:b@c", "imaps://host", "imap://u:p@h?starttls=maybe", "imaps:///"]
)
def test_an_address_of_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="DSR_IMAP_URL") as told:
        ImapFolder(url, "INBOX")
    assert not url or url not in str(told.value)
