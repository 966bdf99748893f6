"""One kept HTTP/1.1 connection: a request out, a small answer back; h11 reads what comes.

A protocol of our own because a general client costs ten times the processor time for this one job:
with httpx a notice took 2.4 ms, so that telling recipients was the slowest part of the pipeline.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import h11

from schemas.errors import PutOff

ANSWER_BYTES: Final = 64 * 1024
HEAD_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case. `body` is None where it was too large."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class Connection(asyncio.Protocol):
    """One request at a time. Who is cancelled while waiting must `abort` it."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._head: h11.Response | None = None
        self._body = bytearray()
        self.used_at = 0.0
        """The loop's time at which the last answer ended."""

    @property
    def open(self) -> bool:
        """Whether another request may be sent over it."""
        return (
            self._transport is not None
            and not self._transport.is_closing()
            and self._http.our_state is h11.IDLE
            and not _readable(self._transport)
        )

    async def send(
        self, method: str, target: bytes, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Answer:
        """Send and wait for the whole answer; `PutOff` if it breaks off or is not HTTP."""
        assert self._transport is not None, "connected first"
        loop = asyncio.get_running_loop()
        self._answer, self._head, self._body = loop.create_future(), None, bytearray()
        request = h11.Request(method=method, target=target, headers=list(headers))
        parts = (request, h11.Data(data=body), h11.EndOfMessage())
        self._transport.write(b"".join(self._http.send(part) for part in parts))
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
        self._take(data)

    def eof_received(self) -> None:
        """Part of asyncio's protocol; an answer without a length ends here."""
        if self._answer is not None and not self._answer.done():
            self._take(b"")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Part of asyncio's protocol."""
        self._fail()

    def _take(self, data: bytes) -> None:
        try:
            self._http.receive_data(data)
            while self._answer is not None and not self._answer.done():
                if not self._event(self._http.next_event()):
                    break
        except h11.RemoteProtocolError:
            self._fail()

    def _event(self, event: object) -> bool:
        """Take one event; False if more must be received first."""
        match event:
            case h11.Response():
                self._head = event
                if dict(event.headers).get(b"content-encoding", b"identity") != b"identity":
                    self._done(None)
            case h11.Data():
                self._body += event.data
                if len(self._body) > ANSWER_BYTES:
                    self._done(None)
            case h11.EndOfMessage():
                self._done(bytes(self._body))
            case h11.NEED_DATA:
                return False
            case h11.ConnectionClosed() | h11.PAUSED:
                self._fail()
        return True

    def _done(self, body: bytes | None) -> None:
        """Hand the answer over; keep the connection only where both sides are at a clean end."""
        assert self._answer is not None
        assert self._head is not None
        ended = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if ended and not self._http.trailing_data[0]:
            self._http.start_next_cycle()
        else:
            self.abort()
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self._head.headers
        }
        self._answer.set_result(Answer(self._head.status_code, headers, body))

    def _fail(self) -> None:
        self.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(PutOff("broken_off"))


def _readable(transport: asyncio.Transport) -> bool:
    """Whether something came that we have not read yet: it would pass for the next answer."""
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))
