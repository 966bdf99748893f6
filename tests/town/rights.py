"""Restrictions and objections in the town: what is published, and the page behind a mail's link."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.town import Town
from tests.town.company import Correction
from workers import wiring
from workers.web import Parts, create_app

_LIFT = re.compile(r"^https?://[^/]+(/lift/\S+)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Wish(Correction):
    """One member who restricts fields, or objects to purposes."""

    kind: str = "restriction"
    fields: tuple[str, ...] = ()

    def submission(self, **other: Any) -> dict[str, Any]:
        """What the channel publishes."""
        content = super().submission(kind=self.kind, fields=list(self.fields), **other)
        return {name: value for name, value in content.items() if name != "changes"}


def wish(town: Town, number: int, kind: str, *fields: str) -> Wish:
    """What the member of this number wants, kept so that it can be checked."""
    member = next(each for each in town.before["members"] if each["_id"] == number)
    made = Wish(member, {}, kind=kind, fields=fields)
    town.corrections.append(made)
    return made


async def done(town: Town, *wishes: Correction) -> None:
    """Published, proven, and completed."""
    await town.submit(*wishes)
    for each in wishes:
        await town.prove(each)
    await town.until_completed(wishes)
    await town.until(
        lambda: all(town.spool.of(each.id, "completion") for each in wishes), "the mail"
    )


def lift_link(town: Town, restriction: Correction) -> str:
    """The path of the link in the completion's mail."""
    (mail,) = town.spool.of(restriction.id, "completion")
    (path,) = _LIFT.findall(mail.text)
    return str(path)


async def take_back(town: Town, restriction: Correction) -> None:
    """The caller reads the completion's code to an agent, who types it in."""
    (mail,) = town.spool.of(restriction.id, "completion")
    id_ = str(uuid4())
    message = {
        "schema": "dsr.withdrawal/1",
        "withdrawal_id": id_,
        "tracking": mail.tracking,
        "code": mail.code,
        "channel": "phone",
        "operator": "park",
    }
    await town.channel.raw("withdrawal.phone", json.dumps(message).encode(), message_id=id_)


@asynccontextmanager
async def pages(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of `dsr web` over the town's own stores."""
    async with wiring.open_parts(town.settings_as("links")) as parts:
        app = create_app(Parts.of(parts))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
            yield client
            await parts.house.settle(10)
