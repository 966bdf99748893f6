"""A request that nobody gets done is never late in silence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.town import Town


async def test_the_department_hears_of_a_late_request_and_the_list_shows_it(town: Town) -> None:
    now = datetime.now(UTC)
    late, risky, timely = (town.correction(n, hobbies=["등산"]) for n in (1, 2, 3))
    town.unproven |= {late.id, risky.id, timely.id}
    await town.work()
    for wish, days in ((late, 30), (risky, 8.5), (timely, 0)):
        asked = (now - timedelta(days=days)).isoformat()
        await town.channel.submit(wish.submission(received_at=asked))

    def told() -> bool:
        return bool(town.spool.of(late.id, "alarm-1") and town.spool.of(risky.id, "alarm-1"))

    await town.until(told, "the alarms")
    (mail,) = town.spool.of(late.id, "alarm-1")
    assert mail.to == ("contact@smallmachines.co.kr",)
    assert "기한이 지났습니다" in mail.subject
    assert late.contact not in mail.text
    assert "기한이 다가옵니다" in town.spool.of(risky.id, "alarm-1")[0].subject
    assert not town.spool.of(timely.id, "alarm-1")

    status, out, _ = await town.dsr("requests", "list", "--late", "--json")
    assert status == 0
    listed = [(each["_id"], each["standing"], each["profile"]) for each in json.loads(out)]
    assert listed == [(late.id, "late", "korea"), (risky.id, "at_risk", "korea")]
    _, out, _ = await town.dsr("requests", "list", "--late")
    lines = [line for line in out.splitlines() if "DSR-" in line]
    assert ["LATE" in lines[0], "at risk" in lines[1], len(lines)] == [True, True, 2]
