"""What happens to a house in daily life, under load: restarts, cuts, two of everything."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from tests.town import Town
from tests.town.chaos import in_flight, wishes
from tests.town.checks import assert_all_invariants
from workers.local.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

SEED = 71
SOME = 40
LONGER_THAN_ANY_LEASE = 60.0


async def nothing_happens() -> None:
    """Load alone."""


@pytest.mark.parametrize("restarts", [4, pytest.param(10, marks=pytest.mark.soak)])
async def test_clean_restarts_under_load_park_nothing(orderly: Town, restarts: int) -> None:
    town = orderly

    async def strike() -> None:
        assert await town.workers.pop().stop() == 0
        await town.work()

    await town.work()
    await in_flight(town, SOME, Random(SEED), strike, strikes=restarts)
    await assert_all_invariants(town)


@pytest.mark.soak
async def test_two_upkeeps_that_send_everything_again_and_again_do_nothing_twice(
    orderly: Town,
) -> None:
    """Every command comes several times, since the patience is shorter than the work takes."""
    town = orderly
    impatient = {"DSR_STEP_TIMEOUT": "0.05", "DSR_TICK": "0.05"}
    await asyncio.gather(town.work(**impatient), town.work(**impatient))
    await in_flight(town, SOME, Random(SEED), nothing_happens)
    await assert_all_invariants(town)
    again = {"history.what": "sent_again"}
    assert await town.ours["requests"].count_documents(again)


async def test_cut_connections_to_the_broker_lose_nothing(orderly: Town, doomed: Stack) -> None:
    town = orderly
    vhost = town.env["DSR_AMQP_URL"].rpartition("/")[2]

    async def strike() -> None:
        await doomed.rabbit.ctl("close_all_connections", "--vhost", vhost, "cut by a test")

    await town.work()
    await in_flight(town, SOME, Random(SEED), strike)
    await assert_all_invariants(town)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"closeConnection": True}, id="cut", marks=pytest.mark.soak),
        pytest.param(
            {"errorCode": 112, "errorLabels": ["TransientTransactionError"]},
            id="write_conflict",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"errorCode": 91, "errorLabels": ["RetryableWriteError"]},
            id="shutdown",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
            id="unknown_commit_result",
        ),
    ],
)
async def test_commits_that_fail_or_whose_fate_is_unknown_lose_nothing(
    orderly: Town, trouble: dict[str, object]
) -> None:
    town = orderly

    async def strike() -> None:
        await town.mongo.admin.command(
            {
                "configureFailPoint": "failCommand",
                "mode": {"times": 3},
                "data": {
                    "failCommands": ["commitTransaction", "update", "insert"],
                    "appName": "dsr-workers",
                    **trouble,
                },
            }
        )

    # The driver takes a server that says it shuts down for gone until its next heartbeat, and this
    # one goes nowhere: twice ten seconds of nothing.
    often = f"{town.env['DSR_MONGO_URL']}&heartbeatFrequencyMS=500"
    await town.work(DSR_MONGO_URL=often)
    await in_flight(town, SOME, Random(SEED), strike)
    await assert_all_invariants(town)


@pytest.mark.soak
async def test_a_worker_that_slept_longer_than_any_lease_does_nothing_twice(orderly: Town) -> None:
    town = orderly
    sleeper = await town.work()

    async def strike() -> None:
        sleeper.pause()
        await town.work()
        await asyncio.sleep(LONGER_THAN_ANY_LEASE)
        sleeper.resume()

    await in_flight(town, 300, Random(SEED), strike, strikes=1)
    await assert_all_invariants(town)


@pytest.mark.soak
@pytest.mark.parametrize("server", ["rabbit", "mongo"])
async def test_a_server_that_answers_nothing_for_a_while_loses_nothing(
    orderly: Town, doomed: Stack, server: str
) -> None:
    """Half-open: the connections stand, and nothing comes."""
    town = orderly
    silent = {"rabbit": doomed.rabbit, "mongo": doomed.mongo}[server]

    async def strike() -> None:
        silent.pause()
        await asyncio.sleep(40)
        silent.resume()

    await town.work()
    await in_flight(town, 300, Random(SEED), strike, strikes=1)
    await assert_all_invariants(town)


async def test_wishes_of_the_same_member_at_once_are_done_one_after_the_other(
    orderly: Town,
) -> None:
    """The last one done stands everywhere, and no recipient heard an older value after it."""
    town = orderly
    first, *others = (wishes(town, 1)[0] for _ in range(5))
    await town.work()
    await town.work()
    made = [first, *others]
    await town.submit(*made)
    await town.prove_as_mail_arrives(made)
    await town.until_completed(made)
    slots = (await town.company["dsr_subjects"].find_one({"_id.k": first.key}))["slots"]
    order = sorted(made, key=lambda wish: slots[wish.id]["seq"])
    for wish in made:
        town.corrections.remove(wish)
    town.corrections += order
    member = await town.company["members"].find_one({"_id": first.key})
    assert member["profile"]["address"] == order[-1].changes["home_address"]
    for recipient in town.recipients.values():
        numbers = [
            c.body["sequence"]
            for c in recipient.taken()
            if str(c.body["subject"]["key"]) in {str(first.key), member["login"]["id"]}
        ]
        assert numbers == sorted(numbers)
