"""The floor as a process: declares what it needs with --init, else works until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import aio_pika
import uvloop

from tests.benchmarks.floor.amqp import PACKED, SINGLY, Consumer, Publisher, declare
from tests.benchmarks.floor.deletion import DeletionStages
from tests.benchmarks.floor.erasing import ErasingStore
from tests.benchmarks.floor.outside import Outside
from tests.benchmarks.floor.stages import Stages
from tests.benchmarks.floor.store import Store

READY = "floor_started"


async def init(options: argparse.Namespace) -> None:
    """Queues and indexes."""
    store = _store(options)
    await declare(options.amqp)
    await store.init()
    store.close()


async def work(options: argparse.Namespace) -> None:
    """All stages, until SIGTERM; what is in hand is finished."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = _store(options)
    publishing = await aio_pika.connect(options.amqp, heartbeat=10)
    publisher = await Publisher.open(publishing)
    pace = SINGLY if options.singly else PACKED
    outside = Outside(options.smtp, options.webhook)
    stages = (
        DeletionStages(store, publisher, outside)
        if isinstance(store, ErasingStore)
        else Stages(store, publisher, outside)
    )
    sys.stderr.write(f"{READY}\n")
    sys.stderr.flush()
    consuming = await aio_pika.connect(options.amqp, heartbeat=10)
    consumers = [
        Consumer(await consuming.channel(publisher_confirms=False), queue, handle, pace)
        for queue, handle in stages.handlers.items()
    ]
    loops = [asyncio.create_task(consumer.run()) for consumer in consumers]
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait([ended, *loops], return_when=asyncio.FIRST_COMPLETED)
    for loop in loops:
        loop.cancel()
    await asyncio.wait(loops)
    await asyncio.gather(*(consumer.drain() for consumer in consumers))
    await stages.settle()
    await consuming.close()
    await publishing.close()
    outside.close()
    store.close()
    for loop in loops:
        if not loop.cancelled() and (error := loop.exception()):
            raise error


def _store(options: argparse.Namespace) -> Store:
    if options.ledger is None:
        return Store(options.mongo, options.db)
    return ErasingStore(options.mongo, options.db, options.ledger)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amqp", required=True)
    parser.add_argument("--mongo", required=True)
    parser.add_argument("--db", required=True)
    parser.add_argument("--smtp", type=int)
    parser.add_argument("--webhook", type=int)
    parser.add_argument("--ledger", type=Path, help="file of tombstones: deletions then")
    parser.add_argument("--singly", action="store_true")
    parser.add_argument("--init", action="store_true")
    options = parser.parse_args()
    uvloop.run(init(options) if options.init else work(options))


if __name__ == "__main__":
    main()
