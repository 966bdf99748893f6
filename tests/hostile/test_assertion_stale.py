"""A genuine token out of its time: who signed in long ago may have left the screen to anybody."""

from __future__ import annotations

import pytest

from schemas.errors import AssertionRefused
from schemas.lifecycle import Status
from tests.cast import MORNING, said, submission, submission_content
from tests.login import Login
from tests.world import MINUTE, World

NOW = int(MORNING.timestamp())


def refused(**other: object) -> str:
    login = Login()
    with pytest.raises(AssertionRefused) as caught:
        login.assertions.verify(login.says(submission(), MORNING, **other), MORNING)
    return caught.value.code


@pytest.mark.parametrize("ago", [601, 3600, 10**9])
def test_who_signed_in_more_than_ten_minutes_ago_signs_in_again(ago: int) -> None:
    assert refused(auth_time=NOW - ago) == "auth_time_stale"


def test_ten_minutes_are_still_fresh() -> None:
    login = Login()
    said = login.assertions.verify(login.says(submission(), MORNING, auth_time=NOW - 600), MORNING)
    assert said.subject == "1001"


@pytest.mark.parametrize("auth_time", [None, "now", True, -1, 0, NOW + 61, 1e300])
def test_a_token_that_does_not_say_when_proves_nothing(auth_time: object) -> None:
    assert refused(auth_time=auth_time) in {"auth_time_missing", "auth_time_stale"}


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": NOW}, "expired"),
        ({"exp": None}, "exp_missing"),
        ({"exp": "9999999999"}, "exp_missing"),
        ({"nbf": NOW + 120}, "not_yet_valid"),
        ({"iat": NOW + 120}, "not_yet_valid"),
        ({"jti": None}, "jti_missing"),
        ({"jti": ""}, "jti_missing"),
        ({"jti": ["a"]}, "jti_missing"),
        ({"jti": "a" * 256}, "jti_missing"),
    ],
)
def test_a_token_without_its_end_or_its_name_proves_nothing(
    claims: dict[str, object], code: str
) -> None:
    assert refused(**claims) == code


async def test_a_stale_token_is_answered_no_and_a_fresh_one_still_proves() -> None:
    world = World()
    content = submission_content()
    world.publish("submission", content)
    await world.work()
    request = world.request(content["submission_id"])
    token = world.login.says(said(content), world.clock.now)
    world.clock.now += 10 * MINUTE
    for each in (token, world.login.says(said(content), world.clock.now)):
        world.publish_assertion(request, each, reply_to="dsr.reply.a", correlation_id="1")
        await world.work()
    assert world.replies() == [{"accepted": False}, {"accepted": True}]
    assert world.request(request.id).status is Status.COMPLETED
