"""The time of an answer tells nothing: known and unknown requests, on real servers, by turns.

Compared by the Mann-Whitney test: how often an answer about a known request takes longer than one
about an unknown request. Half of the time says that nobody can tell them apart. With N tries each
that share has a standard deviation of 0.29 / sqrt(N), so the bounds here are more than four of
them: 0.12 with 200 tries, 0.04 with 2,000.
"""

from __future__ import annotations

import asyncio
import json
import time
from random import Random

import httpx
import pytest

from schemas import tracking
from schemas.submission import Submission
from tests.cast import new_id
from tests.town import Town
from workers import web, wiring
from workers.pipeline import STATIONS
from workers.runtime.conveyor import Item, carry

ASKED: dict[str, tuple[str, dict[str, str]]] = {
    "a code is asked for": ("/status", {}),
    "the code is wrong": ("/status", {"code": "00000000"}),
    "a package is asked for": ("/package/{}/" + "w" * 22, {}),
    "the code of a package is wrong": ("/package/{}/" + "w" * 22, {"code": "00000000"}),
}
"""Each page, asked by a stranger about what there is and what there is not."""
AT_ONCE = 16
"""Answers wait for a part of a second each: so many wait together."""


def share_that_is_longer(first: list[float], second: list[float]) -> float:
    """How often one of the first is longer than one of the second."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(place for place, (_, group) in enumerate(ranked, 1) if group == 0)
    return (ranks - len(first) * (len(first) + 1) / 2) / (len(first) * len(second))


async def registered(parts: wiring.Parts, town: Town, count: int) -> list[str]:
    """Requests by strangers about members that there are, registered here and now."""
    items = []
    for number in range(count):
        content = town.correction(1 + number % 20, hobbies=[f"h{number}"]).submission()
        content["requester"]["email"] = f"s{number}@elsewhere.example"
        items.append(Item(Submission.model_validate_json(json.dumps(content))))
    await carry(parts.house, STATIONS["registration"], items)
    return [str(item.reply.tracking) for item in items if item.reply]


async def measured(town: Town, tries: int, known_ones: int, only: str = "") -> dict[str, float]:
    """Per question the share that is longer; `only` those of this page."""
    async with wiring.open_parts(town.settings) as parts:
        known = await registered(parts, town, known_ones)
        assert len(known) == known_ones
        times: dict[str, tuple[list[float], list[float]]] = {}
        draw = Random(new_id())
        unknown = [tracking.new(draw.randrange) for _ in known]
        app = web.create_app(web.Parts.of(parts))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
            for name, (page, more) in ASKED.items():
                if not page.startswith(only):
                    continue
                taken: tuple[list[float], list[float]] = ([], [])
                turns = [(group, number) for group in (0, 1) for number in range(tries)]
                draw.shuffle(turns)
                places = asyncio.Semaphore(AT_ONCE)

                async def one(
                    group: int,
                    number: int,
                    page: str = page,
                    more: dict[str, str] = more,
                    taken: tuple[list[float], list[float]] = taken,
                    places: asyncio.Semaphore = places,
                ) -> None:
                    async with places:
                        code = (known, unknown)[group][number % known_ones]
                        started = time.perf_counter()
                        path = page.format(code)
                        said = {"tracking": code, **more} if page == "/status" else more
                        answer = await client.post(path, data=said)
                        taken[group].append(time.perf_counter() - started)
                        assert answer.status_code == 200

                await asyncio.gather(*(one(group, number) for group, number in turns))
                times[name] = taken
        await parts.house.settle(30)
    return {name: share_that_is_longer(*taken) for name, taken in times.items()}


@pytest.mark.soak
async def test_nobody_can_time_whether_a_request_exists(town: Town) -> None:
    # Three codes a day go to each: of 200 tries all are answered with a mail.
    shares = await measured(town, tries=200, known_ones=100, only="/status")
    for name, share in shares.items():
        assert abs(share - 0.5) < 0.12, (name, share)


@pytest.mark.soak
async def test_nobody_can_time_it_in_two_thousand_tries_either(town: Town) -> None:
    shares = await measured(town, tries=2_000, known_ones=1_000)
    for name, share in shares.items():
        assert abs(share - 0.5) < 0.04, (name, share)
