"""A worker's wall clock one day forward, or one hour back: nothing that is compared is moved by it.

What it would move if it were asked: deadlines, the end of a code, the due time of whatever waits,
the signature of a notice, which a recipient takes for five minutes, and that of an acknowledgement.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.faults.wrong_clock import work_in_the_wrong_time
from tests.town import Correction, Town
from tests.town.chaos import in_flight, wishes
from tests.town.checks import assert_all_invariants
from workers import wiring
from workers.adapters.parked import ATTENTION
from workers.adapters.recipients.signatures import sign
from workers.adapters.tokens import create_secret

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SEED = 97
SOME = 60
NEARLY = timedelta(minutes=5)
CARRIER = "hanbit-delivery"
APPLIED = b'{"status":"applied"}'


@pytest.fixture(params=[timedelta(days=1), -timedelta(hours=1)], ids=["day_forward", "hour_back"])
def shift(request: pytest.FixtureRequest) -> timedelta:
    wrong: timedelta = request.param
    return wrong


async def test_all_is_done_in_the_time_of_the_database(orderly: Town, shift: timedelta) -> None:
    """No code ends early, no deadline moves, and recipients take what is signed."""
    town, began = orderly, datetime.now(UTC)
    print(f"seed {SEED}")  # noqa: T201
    await work_in_the_wrong_time(town, shift)
    await in_flight(town, SOME, Random(SEED), nothing_happens, strikes=1)
    made = town.corrections[-SOME:]
    requests = [await town.request(wish) for wish in made]
    told = [moment for request in requests for moment in moments(request)]
    assert not [moment for moment in told if off(moment, began)]
    await assert_all_invariants(town)


async def test_what_is_parked_waits_as_long_as_anything_parked(
    orderly: Town, shift: timedelta
) -> None:
    town, began = orderly, datetime.now(UTC)
    await work_in_the_wrong_time(town, shift)
    await town.channel.raw("submission.web", b"not json", message_id=str(began.timestamp()))
    async with wiring.open_parts(town.settings) as parts:

        async def there() -> bool:
            return bool(await parts.parked.list())

        await town.until(there, "a parked message")
        (parked,) = await parts.parked.list()
        await parts.parked.drop(parked["_id"], "a test", "is none")
    assert not off(parked["parked_at"], began)
    assert not off(parked["due"] - ATTENTION, began)
    await assert_all_invariants(town)


async def test_an_acknowledgement_that_was_signed_just_now_is_taken(
    orderly: Town, shift: timedelta
) -> None:
    town = orderly
    secret = create_secret(town.folder / "secrets", CARRIER, "in")
    town.recipients[CARRIER].mode = "takes"
    await work_in_the_wrong_time(town, shift)
    made = wishes(town, 8)
    await town.submit(*made)
    await town.prove_as_mail_arrives(made)
    await town.until(lambda: delivered(town, made), "notices that wait for their answer")
    for wish in made:
        if notice := (await town.request(wish))["notices"].get(CARRIER):
            signed = sign(secret, notice["id"], APPLIED.decode())
            await town.channel.raw(f"ack.{CARRIER}", APPLIED, exchange="dsr.acks", headers=signed)
    await town.until_completed(made)
    await assert_all_invariants(town)


async def nothing_happens() -> None:
    """The wrong clock is enough."""


async def delivered(town: Town, made: list[Correction]) -> bool:
    """Whether each has told whom it has to tell, the carrier among them."""
    requests = [await town.request(wish) for wish in made]
    notices = [request.get("notices", {}).get(CARRIER) for request in requests]
    applied = all(request["status"] in {"applied", "completed"} for request in requests)
    return (
        applied
        and any(notices)
        and all(each is None or each["status"] == "delivered" for each in notices)
    )


def moments(request: dict[str, Any]) -> list[datetime]:
    """When it came in, and each moment that its history tells."""
    told = [entry["at"] for entry in request["history"]]
    return [request["created_at"], request["updated_at"], *told]


def off(moment: datetime, began: datetime) -> bool:
    return not began - NEARLY < moment < datetime.now(UTC) + NEARLY
