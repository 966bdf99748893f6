"""One correction, followed: from `dsr submit` through a worker to a recipient and the last mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from tests.post_office import free_port
from tests.town import Town
from tests.town.collector import Collector
from tests.town.company import Correction

PHONE = "010-9173-5528"
STATEMENT = "canary-7f3a9 my number is another one"


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of it."""

    wish: Correction
    tracking: str
    log: str
    pages: Mapping[str, tuple[int, str]]
    """Per address of the worker's own port: status and body, before the worker ended."""


def settings_for(collector: Collector) -> dict[str, str]:
    """Everything is measured, and sent soon."""
    return {
        "DSR_METRICS_PORT": str(free_port()),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }


async def follow(town: Town) -> Followed:
    """Play it with one worker, which is ended before this returns."""
    worker = await town.work()
    wish = town.correction(1, mobile_phone=PHONE)
    await town.company["disclosures"].insert_one(
        {"member_id": 1, "recipient": "hanbit-delivery", "items": ["mobile_phone"], "at": None}
    )
    submission = json.dumps(wish.submission(statement=STATEMENT))
    code, tracking, said = await town.dsr("submit", "-", typed=submission)
    assert code == 0, said
    assert await town.prove(wish) == {"accepted": True}
    await town.until_completed([wish])
    pages = {path: await get(town, path) for path in ("/metrics", "/healthz", "/readyz", "/")}
    assert await worker.stop() == 0
    return Followed(wish, tracking.strip(), worker.log.read_text(), pages)


async def get(town: Town, path: str) -> tuple[int, str]:
    """What the worker's own port answers."""
    url = f"http://127.0.0.1:{town.env['DSR_METRICS_PORT']}{path}"
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(url)
    return answer.status_code, answer.text
