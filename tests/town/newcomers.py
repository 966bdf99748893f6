"""People whom a test needs beside the sample company: a child, somebody without a mail address."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from schemas.request import SubjectRef
from tests.town import Town
from workers import wiring

SEOUL = ZoneInfo("Asia/Seoul")
GUARDIAN = {
    "name": "이지호",
    "relation": "father",
    "phone": "010-2222-3333",
    "email": "jiho@mail.example",
}
"""Lee Jiho, as he stands on his child's record."""

ADDRESS = {"postcode": "06236", "road": "서울특별시 강남구 테헤란로 152", "detail": "12층"}


def born(years: int) -> datetime:
    """The birth date of somebody who came of this age a month ago, as it is stored."""
    now = datetime.now(SEOUL) - timedelta(days=31)
    day = now.replace(year=now.year - years, day=min(now.day, 28))
    return day.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


async def join(town: Town, number: int, login: str, **other: Any) -> dict[str, Any]:
    """Write a member like the first one, but for these; None takes a part away."""
    member = deepcopy(town.before["members"][0])
    member |= {"_id": number, "email": f"{login}@mail.example", "name": "김서윤"}
    member["login"] = {**member["login"], "id": login}
    member["phones"] = {"mobile": f"010-4444-{number}"}
    member.pop("guardian", None)
    member |= {name: value for name, value in other.items() if value is not None}
    for name in [name for name, value in other.items() if value is None]:
        member.pop(name, None)
    async with wiring.open_parts(town.settings) as parts:
        ref = SubjectRef(type="member", key=str(number))
        (sealed,) = await parts.subject_data.seal_documents([(ref, "members", member)])
    await town.company["members"].insert_one(sealed)
    return member


def asks(login: str, **other: Any) -> dict[str, Any]:
    """What a channel publishes for somebody who wants this member's address corrected."""
    content: dict[str, Any] = {
        "schema": "dsr.submission/1",
        "submission_id": str(uuid4()),
        "channel": "web",
        "submitted_at": datetime.now(UTC).isoformat(),
        "kind": "correction",
        "language": "ko",
        "requester": {"relation": "self", "email": f"{uuid4().hex[:8]}@elsewhere.example"},
        "subject": {"login_id": login},
        "changes": [{"field": "home_address", "value": ADDRESS}],
        **other,
    }
    return {name: value for name, value in content.items() if value is not None}


async def ask(town: Town, login: str, **other: Any) -> tuple[str, str]:
    """Publish it; the request's id and its tracking code."""
    content = asks(login, **other)
    answer = await town.channel.answer(await town.channel.submit(content))
    return str(content["submission_id"]), str(answer["tracking"])


async def standing(town: Town, request: str) -> dict[str, Any]:
    """The request's document."""
    found = await town.ours["requests"].find_one({"_id": request})
    return dict(found or {})


async def until(town: Town, request: str, status: str, *, task: str | None = None) -> None:
    """Wait for the status, and for a task where one is named."""

    async def there() -> bool:
        found = await standing(town, request)
        return found["status"] == status and (task is None or task in found.get("tasks", ()))

    await town.until(there, f"{status} {task or ''}", 30)
