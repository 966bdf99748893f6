"""One kept HTTP/1.1 connection: a request out, a small answer back; llhttp reads what comes.

A protocol of our own because a general client costs ten times the processor time for this one job:
with httpx a notice took 2.4 ms, so that telling recipients was the slowest part of the pipeline.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import httptools

from schemas.errors import PutOff

ANSWER_BYTES: Final = 64 * 1024
HEAD_BYTES: Final = 16 * 1024
FRAMING_BYTES: Final = 16 * 1024
"""What an answer may need beside head and body: the sizes of its chunks, what follows the last."""
MOST_BYTES: Final = HEAD_BYTES + ANSWER_BYTES + FRAMING_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case. `body` is None where it was too large."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class _Reading:
    """The parser of one answer, and what it has found; `on_…` are its callbacks."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.head_read = self.complete = self.kept = self.more = False
        self._bytes = 0

    def feed(self, data: bytes) -> None:
        """Read on; `HttpParserError` where it is not HTTP."""
        self._bytes += len(data)
        self.parser.feed_data(data)
        if not self.head_read and self._bytes > HEAD_BYTES:
            raise httptools.HttpParserError("the head does not end")

    @property
    def ends_with_connection(self) -> bool:
        """Whether nothing else says where the body ends."""
        return self.head_read and not {"content-length", "transfer-encoding"} & self.headers.keys()

    @property
    def unreadable(self) -> bool:
        """Whether the body is more, or something else, than we take."""
        encoded = self.headers.get("content-encoding", "identity") != "identity"
        large = len(self.body) > ANSWER_BYTES or self._bytes > MOST_BYTES
        return self.head_read and (encoded or large)

    def on_message_begin(self) -> None:
        """A second one may only follow an interim answer."""
        self.more = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, complete; what follows the head, behind a body or an answer, is not kept."""
        if self.head_read:
            return
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Of an interim answer (1xx) nothing is kept: the real one follows."""
        if self.complete:
            return
        self.status = self.parser.get_status_code()
        if self.status < 200:
            self.headers.clear()
        else:
            self.head_read = True

    def on_body(self, data: bytes) -> None:
        """Some of the body."""
        if not self.complete:
            self.body += data

    def on_message_complete(self) -> None:
        """The end of an answer that says itself where it ends."""
        if self.head_read and not self.complete:
            self.complete, self.kept = True, self.parser.should_keep_alive()


class Connection(asyncio.Protocol):
    """One request at a time. Who is cancelled while waiting must `abort` it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._reading = _Reading()
        self.used_at = 0.0
        """The loop's time at which the last answer ended."""

    @property
    def open(self) -> bool:
        """Whether another request may be sent over it."""
        return (
            self._transport is not None
            and not self._transport.is_closing()
            and (self._answer is None or self._answer.done())
            and not _readable(self._transport)
        )

    async def send(
        self, method: str, target: bytes, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Answer:
        """Send and wait for the whole answer; `PutOff` if it breaks off or is not HTTP."""
        assert self._transport is not None, "connected first"
        loop = asyncio.get_running_loop()
        self._answer, self._reading = loop.create_future(), _Reading()
        lines = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in headers)
        self._transport.write(
            b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method.encode(), target, lines.encode("latin-1"), body)
        )
        answer = await self._answer
        self.used_at = loop.time()
        return answer

    def abort(self) -> None:
        """Drop it at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol."""
        if self._answer is None or self._answer.done():
            # It speaks without being asked: that must not be taken for the next answer.
            self.abort()
            return
        try:
            self._reading.feed(data)
        except httptools.HttpParserError:
            # What is wrong may follow a whole answer: that one counts, the connection does not.
            self._reading.more = True
            if not self._reading.complete:
                self._fail()
                return
        if self._reading.complete or self._reading.unreadable:
            self._done()

    def eof_received(self) -> None:
        """Part of asyncio's protocol; an answer without a length ends here."""
        if self._answer is not None and not self._answer.done():
            if self._reading.ends_with_connection:
                self._done()
            else:
                self._fail()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Part of asyncio's protocol."""
        self._fail()

    def _done(self) -> None:
        """Hand the answer over; keep the connection only where both sides are at a clean end."""
        assert self._answer is not None
        read = self._reading
        if not read.kept or read.more:
            self.abort()
        body = None if read.unreadable else bytes(read.body)
        self._answer.set_result(Answer(read.status, read.headers, body))

    def _fail(self) -> None:
        self.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(PutOff("broken_off"))


def _one_line(value: str) -> str:
    assert not {"\r", "\n", "\0"} & set(value), "whoever makes a header checks what it says"
    return value


def _readable(transport: asyncio.Transport) -> bool:
    """Whether something came that we have not read yet: it would pass for the next answer."""
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))
