"""The mailbox's loop with a broker and a desk of its own, and a line to it that breaks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from schemas.errors import Unreachable
from tests.mails import OFFICE as KNOWN
from tests.post_office import OFFICE, PostOffice
from workers.adapters.imap import ImapFolder
from workers.adapters.mail_reader import SeparateReader
from workers.channels.mailbox.watch import Done, Mailbox
from workers.channels.publisher import Publisher
from workers.ports.intake import Answer, Outgoing
from workers.ports.mailbox import MailDesk


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


def mailbox(
    folder: ImapFolder,
    line: Line,
    done: list[Done],
    *,
    desk: MailDesk | None = None,
    seal: Callable[[bytes], bytes] = bytes,
    failed: Callable[[Exception], None] = lambda _: None,
) -> Mailbox:
    """What it takes in lies in `line` in clear; what became of each mail in `done`."""
    publisher = Publisher(line, seal)
    reader = SeparateReader()
    return Mailbox(folder, reader, publisher, desk or NoDesk(), KNOWN, done.append, failed)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it, and not for ever."""
    deadline = time.monotonic() + 20
    while not await condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)


async def arrived(post: PostOffice, count: int) -> None:
    """So many mails lie in the office's mailbox."""

    async def there() -> bool:
        return len(post.delivered(OFFICE)) >= count

    await until(there)


def flags(post: PostOffice, folder: str = "INBOX") -> str:
    """The flags of every mail, as the server says them."""
    with post.imap() as line:
        line.select(folder, readonly=True)
        _, answer = line.fetch("1:*", "(FLAGS)")
        return str(answer)


@asynccontextmanager
async def breaking(post: PostOffice, after: int) -> AsyncIterator[str]:
    """The address of a line to the mailbox that breaks each time it has brought so many bytes."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", post.imap_port)
        asks = asyncio.create_task(_pass(reader, back, None))
        await _pass(there, writer, after)
        asks.cancel()
        writer.close()
        back.close()

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield post.imap_url.replace(f":{post.imap_port}", f":{port}")


async def _pass(reader: asyncio.StreamReader, to: asyncio.StreamWriter, most: int | None) -> None:
    with contextlib.suppress(ConnectionError):
        while (most is None or most > 0) and (some := await reader.read(16_384)):
            to.write(some)
            await to.drain()
            most = None if most is None else most - len(some)
