"""An attack comes in beside an honest request: it is parked once, and disturbs nobody."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cast import submission_content
from tests.world import World
from workers.runtime.decode import IntakeRules

CANARY = "카나리아-7Q4Z"
"""Stands in what attackers send: it may be in no log, reply, event or reason."""


async def attack(
    body: bytes | Mapping[str, Any],
    *,
    word: str = "submission",
    rules: IntakeRules | None = None,
    honest: Mapping[str, Any] | None = None,
    **properties: Any,
) -> World:
    """Publish it twice, with an honest submission between, in one group, and let them work."""
    world = World(rules=rules)
    properties = {"reply_to": "dsr.reply.a", "correlation_id": "1", **properties}
    world.publish(word, body, **properties)
    world.publish("submission", submission_content(), **(honest or {}))
    world.publish(word, body, **properties)
    await world.work()
    return world


async def parked(
    body: bytes | Mapping[str, Any],
    caplog: pytest.LogCaptureFixture,
    **how: Any,
) -> str:
    """The reasons for which it was parked, once, while the honest request went its way."""
    caplog.set_level(logging.DEBUG)
    world = await attack(body, **how)
    assert len(world.requests.documents) == 1, "the honest request"
    assert world.outbound.purposes() == ["acknowledgement", "challenge"]
    assert not world.broker.unacked
    told = [json.dumps(reply, ensure_ascii=False) for reply in world.replies()]
    assert len(told) == 2, "an answer each time"
    said = [*told, *world.parked.reasons(), *(str(record.__dict__) for record in caplog.records)]
    assert not any(CANARY in text for text in said)
    assert world.events().count("intake.rejected") == 2
    (reasons,) = world.parked.reasons()
    for reply in world.replies():
        assert reply["accepted"] is False
        if how.get("word", "submission") == "submission":
            assert ", ".join(f"{e['path']} {e['reason']}" for e in reply["errors"]) == reasons
        else:
            assert reply == {"accepted": False}
    return reasons
