"""What many handlers ask in the same moment goes to the database as one query (D8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Coalesced(Generic[Key, Value]):
    """Gathers the keys that are asked for in one turn of the event loop into one call of `batch`.

    `batch` takes distinct keys and gives each its value, or an exception which that key's askers
    alone get; what `batch` itself raises reaches everybody who waits for it. Nothing is kept: the
    next turn asks again. At most `limit` keys go into one call.
    """

    def __init__(
        self,
        batch: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value | Exception]]],
        *,
        limit: int = 128,
    ) -> None:
        self._batch = batch
        self._limit = limit
        self._waiting: dict[Key, list[asyncio.Future[Value]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def load(self, key: Key) -> Value:
        """The value of this key; a caller that is cancelled takes nobody else with it."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        future: asyncio.Future[Value] = loop.create_future()
        self._waiting.setdefault(key, []).append(future)
        return await future

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        keys = list(waiting)
        for start in range(0, len(keys), self._limit):
            part = {key: waiting[key] for key in keys[start : start + self._limit]}
            task = asyncio.create_task(self._answer(part))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answer(self, waiting: Mapping[Key, Sequence[asyncio.Future[Value]]]) -> None:
        try:
            found = await self._batch(tuple(waiting))
            answers: dict[Key, Value | Exception] = {key: found[key] for key in waiting}
        except Exception as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
            answers = dict.fromkeys(waiting, error)
        except asyncio.CancelledError:
            for futures in waiting.values():
                for future in futures:
                    future.cancel()
            raise
        for key, futures in waiting.items():
            for future in futures:
                _settle(future, answers[key])


def _settle(future: asyncio.Future[Value], answer: Value | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
