"""A connection of the web that is not kept for whoever does not end what they began to send.

uvicorn waits for a head's end for as long as the other side likes: as many sockets as it takes at
once, each with half a line sent, would shut everybody out.
"""

from __future__ import annotations

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN: Final = 10.0
"""Seconds for a head, from the connection or, on a kept one, from its first byte."""
BODY_WITHIN: Final = 70.0
"""Seconds for a body, from its head; longer than any page waits, so that its 408 is still told."""


class Connection(H11Protocol):
    """Closes itself in time; between two requests uvicorn's own limit holds."""

    _ending: asyncio.TimerHandle | None = None
    _awaited: tuple[object, object] | None = None
    """What the limit runs for: a head or a body, with the request before it or of it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Part of asyncio's protocol."""
        super().connection_made(transport)
        self._watch()

    def handle_events(self) -> None:
        """Called whenever something came, and when an answer made room for the next request."""
        super().handle_events()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio's protocol."""
        self._await(None)
        super().connection_lost(exc)

    def _watch(self) -> None:
        state = self.conn.their_state
        between = state is h11.IDLE and self.timeout_keep_alive_task is not None
        if state is h11.SEND_BODY:
            self._await((state, self.cycle), BODY_WITHIN)
        elif state is h11.IDLE and not between:
            self._await((state, self.cycle), HEAD_WITHIN)
        else:
            self._await(None)

    def _await(self, awaited: tuple[object, object] | None, within: float = 0.0) -> None:
        """A limit that runs already is not put off by more bytes of the same."""
        if awaited == self._awaited:
            return
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        self._awaited = awaited
        if awaited is not None:
            self._ending = self.loop.call_later(within, self.transport.abort)
