"""What a process counts: by names of our own, never by anything that came from outside."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from schemas.errors import SettingsError, Unreachable
from schemas.messages import MAX_ITEMS
from tests.cast import submission_content
from tests.world import World
from workers.adapters.telemetry.metrics import FIGURES, WAITS, Metrics
from workers.ports import OutboundResult
from workers.ports.telemetry import Backlog, Epochs
from workers.runtime import log
from workers.web.figures import figures_app
from workers.wiring import telemetry
from workers.wiring.telemetry import FRESH, Page

BACKLOG = Backlog(
    open={("verified", "deletion"): 2},
    at_risk={"deletion": 1},
    late={"deletion": 0},
    disowned=2,
    unreachable=1,
    notices={("korea-pay", "overdue"): 3},
    disabled=["dain-marketing"],
    tasks={"call": 1},
    parked=4,
    parked_overdue=1,
    outbox_age=0.5,
    step_overdue=7.0,
    log_behind=3.0,
)


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    logger = logging.getLogger("dsr")
    before = logger.handlers[:]
    yield Metrics()
    logger.handlers[:] = before


@pytest.fixture
def world(metrics: Metrics) -> World:
    made = World()
    made.house.meter = metrics
    return made


def read(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels, in the order of `FIGURES`."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        figure = FIGURES.get(family.name) or FIGURES.get(f"{family.name}_total")
        for sample in family.samples if figure else ():
            labels = [sample.labels[name] for name in figure.labels] if figure else []
            found[sample.name, *labels] = sample.value
    return found


async def test_a_correction_is_counted_from_its_queue_to_its_recipient(
    world: World, metrics: Metrics
) -> None:
    await world.proven()
    counted = read(metrics)
    assert counted["dsr_requests_total", "correction", "web", "received"] == 1
    assert counted["dsr_requests_total", "correction", "web", "completed"] == 1
    assert counted["dsr_restrictions_total", "correction", "applied"] == 1
    assert counted["dsr_notices_total", "correction", "applied"] == 1
    assert counted["dsr_recipient_calls_total", "hanbit-delivery", "applied"] == 1
    assert counted["dsr_mails_total", "sent"] == len(world.outbound.mails)
    assert counted["dsr_items_total", "registration"] == 1
    assert counted["dsr_stage_seconds_count", "correction"] == 1
    assert counted["dsr_company_data_seconds_count", "correction"] == 1


async def test_how_long_a_message_waited_is_told_by_the_databases_time(
    world: World, metrics: Metrics
) -> None:
    sent_at = world.clock.now.timestamp() - 90
    world.publish("submission", submission_content(), sent_at=sent_at)
    await world.work("registration")
    counted = read(metrics)
    assert counted["dsr_queue_age_seconds_sum", "registration"] == pytest.approx(90)
    await world.work()
    assert counted["dsr_queue_age_seconds_count", "registration"] == 1
    (message, *_) = [p for p in world.broker.published if p.exchange == "dsr.work"]
    assert message.headers == {"dsr-sent-at": f"{world.clock.now.timestamp():.3f}"}


async def test_a_clock_that_is_ahead_makes_no_time_negative(world: World, metrics: Metrics) -> None:
    sent_at = world.clock.now.timestamp() + 3600
    world.publish("submission", submission_content(), sent_at=sent_at)
    await world.work()
    assert read(metrics)["dsr_queue_age_seconds_sum", "registration"] == 0


async def test_a_group_is_as_large_as_its_items(world: World, metrics: Metrics) -> None:
    for _ in range(MAX_ITEMS):
        world.publish("submission", submission_content())
    await world.work("registration")
    counted = read(metrics)
    assert counted["dsr_group_items_sum", "registration"] == MAX_ITEMS
    assert counted["dsr_items_total", "registration"] == MAX_ITEMS


async def test_what_is_parked_and_what_a_recipient_did_not_take_are_counted(
    world: World, metrics: Metrics
) -> None:
    world.outbound.answers["hanbit-delivery"] = [OutboundResult("put_off", "http_503")]
    world.publish("submission", b"no JSON", routing_key="submission.web")
    await world.proven()
    counted = read(metrics)
    assert counted["dsr_messages_parked_total", "registration"] == 1
    assert counted["dsr_recipient_calls_total", "hanbit-delivery", "put_off"] == 1


async def test_nothing_of_a_person_and_no_tracking_code_is_a_label(
    world: World, metrics: Metrics
) -> None:
    request = await world.proven()
    page = metrics.text().decode()
    for word in (request.tracking, request.id, "minji", "김민지", "mail.example"):
        assert word not in page
    names = {label for figure in FIGURES.values() for label in figure.labels}
    assert names == {
        *("stage", "kind", "channel", "status", "recipient", "route"),
        *("event", "level", "version"),
    }


def test_warnings_and_errors_are_counted_by_their_names(metrics: Metrics) -> None:
    log.event("swept", stage="retention", count=1)
    log.event("sweep_blocked", level=logging.WARNING, stage="retention", count=1)
    counted = read(metrics)
    assert counted["dsr_log_events_total", "sweep_blocked", "warning"] == 1
    assert ("dsr_log_events_total", "swept", "info") not in counted


def test_what_waits_is_shown_as_it_was_counted_last(metrics: Metrics) -> None:
    metrics.waits(BACKLOG, Epochs(3, 1, 86400.0))
    counted = read(metrics)
    assert counted["dsr_requests_open", "verified", "deletion"] == 2
    assert counted["dsr_notices_open", "korea-pay", "overdue"] == 3
    assert counted["dsr_recipient_disabled", "dain-marketing"] == 1
    assert counted[("dsr_key_epoch",)] == 3
    assert {name for (name, *_) in counted} == {*WAITS, "dsr_build_info"}
    metrics.waits(None, None)
    after = read(metrics)
    assert after[("dsr_backlog_up",)] == 0
    assert ("dsr_requests_open", "verified", "deletion") not in after


class Counting:
    """A store that is asked what waits."""

    def __init__(self, *, away: bool = False) -> None:
        self.asked = 0
        self.away = away

    async def read(self) -> Backlog:
        self.asked += 1
        if self.away:
            raise Unreachable("MongoDB does not answer")
        return BACKLOG


async def test_the_store_is_not_asked_again_at_once(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(telemetry, "time", SimpleNamespace(monotonic=lambda: now))
    store = Counting()
    page = Page(metrics, store)
    await page.text()
    await page.text()
    assert store.asked == 1
    now += FRESH
    await page.text()
    assert store.asked == 2


async def test_a_store_that_is_away_does_not_take_the_page_with_it(metrics: Metrics) -> None:
    page = Page(metrics, Counting(away=True))
    assert b"dsr_backlog_up 0.0" in await page.text()


async def test_without_the_extra_health_is_told_and_the_page_says_what_is_missing() -> None:
    async def ready() -> dict[str, bool]:
        return {"mongodb": True, "rabbitmq": True}

    app = httpx.ASGITransport(figures_app(Page(None), ready))
    async with httpx.AsyncClient(transport=app, base_url="http://watch") as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 501
        assert answer.text == (
            "metrics need the extra `telemetry`: pip install 'dsr-workers[telemetry]'\n"
        )
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_the_page_of_nobody_is_refused_in_one_sentence() -> None:
    with pytest.raises(SettingsError, match="extra `telemetry`"):
        await Page(None).text()
