"""The pages about a person's own mailbox: a new address, what stops it, a code that waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.lifecycle import Status, Step
from schemas.request import Request
from tests.web_house import NOW, TRACKING, Site, challenged_request, open_site
from tests.web_links import STOP_TOKEN, TOKEN

CONFIRM = f"/confirm/{TRACKING}/{TOKEN}"
STOP_CHANGE = f"/stop-change/{TRACKING}/{STOP_TOKEN}"
WAITING = f"/waiting/DSR-ACEF-HJKA/{TOKEN}"


def waiting_request() -> Request:
    """Hers, whose code waits for tomorrow."""
    steps = {"challenge": Step(due=NOW + timedelta(days=1))}
    return challenged_request().model_copy(update={"challenge": None, "steps": steps})


def announced_request() -> Request:
    """A new address that is confirmed, and announced to the old one."""
    return challenged_request().model_copy(
        update={
            "status": Status.VERIFIED,
            "begins_at": NOW + timedelta(days=1),
            "steps": {"new_address": Step(due=NOW + timedelta(days=1))},
        }
    )


@pytest.fixture
async def site(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    made = {"waiting": waiting_request, "announced": announced_request}[request.param]()
    async with open_site(tmp_path / "secrets", made) as opened:
        yield opened


def stands(site: Site) -> Request:
    (request,) = site.requests.requests.values()
    return request


@pytest.mark.parametrize("site", ["announced"], indirect=True)
@pytest.mark.parametrize("link", [CONFIRM, STOP_CHANGE, WAITING])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_a_link_that_a_scanner_opens_does_nothing(
    site: Site, link: str, method: str, language: str
) -> None:
    answer = await site.client.request(method, f"{link}?lang={language}")
    assert answer.status_code == 200
    assert site.intake.proofs == []
    assert site.requests.commits == 0


@pytest.mark.parametrize("site", ["announced"], indirect=True)
async def test_the_button_of_a_new_address_publishes_a_proof(site: Site) -> None:
    assert (await site.client.post(CONFIRM)).status_code == 200
    (proof,) = site.intake.proofs
    assert (proof["tracking"], proof["code"]) == (TRACKING, TOKEN)
    assert "assertion" not in proof


@pytest.mark.parametrize("site", ["announced"], indirect=True)
async def test_the_button_for_the_old_address_stops_the_change(site: Site) -> None:
    wrong = await site.client.post(f"/stop-change/{TRACKING}/{TOKEN}")
    assert stands(site).status is Status.VERIFIED
    right = await site.client.post(STOP_CHANGE)
    assert stands(site).status is Status.WITHDRAWN
    assert (wrong.status_code, wrong.text) == (right.status_code, right.text)


@pytest.mark.parametrize("site", ["waiting"], indirect=True)
@pytest.mark.parametrize("typed", [TRACKING, "dsr acef hjk2", "DSRACEFHJK2"])
async def test_the_tracking_code_as_people_type_it_has_the_code_sent(
    site: Site, typed: str
) -> None:
    answer = await site.client.post(WAITING, data={"tracking": typed})
    assert answer.status_code == 200
    assert stands(site).summoned


@pytest.mark.parametrize("site", ["waiting"], indirect=True)
@pytest.mark.parametrize(
    "typed",
    ["", "qqqq", "DSR-ACEF-HJKA", '{"$gt": ""}', "<script>", "\x00", TRACKING + "a" * 900],
)
async def test_whatever_else_is_typed_has_the_same_answer_and_does_nothing(
    site: Site, typed: str
) -> None:
    wrong = await site.client.post(WAITING, data={"tracking": typed})
    link = await site.client.post(f"/waiting/{TRACKING}/{'w' * 22}", data={"tracking": TRACKING})
    assert not stands(site).summoned
    right = await site.client.post(WAITING, data={"tracking": TRACKING})
    assert {answer.status_code for answer in (wrong, link, right)} == {200}
    assert len({answer.text for answer in (wrong, link, right)}) == 1
    if typed:
        assert typed not in wrong.text
