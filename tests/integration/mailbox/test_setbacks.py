"""Whatever one mail meets, the mailbox lives, the mails behind it go on, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from schemas.errors import DsrError, KeyFolderBehind, Unreachable
from tests.mail_watch import Line, NoDesk, arrived, flags, mailbox, until
from tests.mails import DOMAIN, REQUEST, raw
from tests.post_office import PostOffice
from workers.adapters.imap import ImapFolder
from workers.adapters.mongo import DatabaseFailed
from workers.channels.mailbox.watch import Done

ANSWER = (f"In-Reply-To: <{REQUEST}.challenge-1@{DOMAIN}>",)


class Away(NoDesk):
    """A desk that cannot be asked while there is an error to raise."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def keep(self, *_: Any, **__: Any) -> bool:
        if self.error is not None:
            raise self.error
        return False


async def two_mails(post: PostOffice) -> None:
    """Minji answers a mail of ours, and asks for something else."""
    await post.send(raw("뷁", more=ANSWER, subject="first", message_id="<first@mail.example>"))
    await arrived(post, 1)
    await post.send(raw("words", subject="second", message_id="<second@mail.example>"))
    await arrived(post, 2)


def stumbling(over: str) -> Callable[[bytes], bytes]:
    """A bug that shows at every message that says this."""

    def seal(body: bytes) -> bytes:
        if over in body.decode():
            raise RuntimeError(f"nobody foresaw {over}")
        return body

    return seal


@pytest.mark.parametrize(
    "error",
    [DatabaseFailed("MongoDB refused an operation"), KeyFolderBehind("a newer epoch")],
    ids=["database", "keys"],
)
async def test_a_mail_that_cannot_be_finished_now_is_left_and_tried_again(
    post: PostOffice, error: DsrError
) -> None:
    await two_mails(post)
    line, done, said, desk = Line(), list[Done](), list[Exception](), Away(error)
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        watched = mailbox(folder, line, done, desk=desk, failed=said.append)
        for _ in range(5):
            await watched.look()
        assert done == ["later", "submission", *["later"] * 4]
        assert flags(post).count("Seen") == 1
        desk.error = None
        assert await watched.look() == 1
    assert done[-1] == "submission"
    assert said == [error] * 5
    assert "뷁" in line.taken[-1].body.decode(), "however often, it comes whole"
    assert flags(post).count("Seen") == 2
    assert "Flagged" not in flags(post)


async def test_a_mail_that_meets_a_bug_comes_to_the_desk_by_its_header_alone(
    post: PostOffice,
) -> None:
    await two_mails(post)
    line, done, said = Line(), list[Done](), list[Exception]()
    stop = asyncio.Event()
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        watched = mailbox(folder, line, done, seal=stumbling("뷁"), failed=said.append)
        running = asyncio.create_task(watched.run(stop, 0.1))

        async def all_seen() -> bool:
            assert not running.done()
            return flags(post).count("Seen") == 2

        await until(all_seen)
        stop.set()
        await asyncio.wait_for(running, 20)
    assert done == ["later", "submission", "later", "later", "submission"]
    assert [type(error) for error in said] == [RuntimeError] * 3
    second, first = (one.body.decode() for one in line.taken)
    assert "words" in second
    assert "first" in first
    assert "look in the mailbox" in first


async def test_what_meets_a_bug_even_so_is_flagged_and_left_for_a_person(post: PostOffice) -> None:
    await two_mails(post)
    line, done, said = Line(), list[Done](), list[Exception]()
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        watched = mailbox(folder, line, done, seal=stumbling("first"), failed=said.append)
        while await folder.unseen():
            await watched.look()
    assert done == ["later", "submission", "later", "later", "failed"]
    assert len(line.taken) == 1
    assert flags(post).count("Flagged") == 1
    assert flags(post).count("Seen") == 2


async def test_where_no_mail_can_be_read_at_all_none_is_to_blame(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_mails(post)
    line, done = Line(), list[Done]()
    async with ImapFolder(post.imap_url, "INBOX") as folder:
        watched = mailbox(folder, line, done)
        with monkeypatch.context() as full:
            full.setattr("sys.executable", "/nowhere/python")
            for _ in range(5):
                with pytest.raises(Unreachable, match="processes"):
                    await watched.look()
        assert "Seen" not in flags(post)
        assert await watched.look() == 2
    assert done == ["submission", "submission"]
