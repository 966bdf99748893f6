"""Without the extra `telemetry` everything works, and what was asked for is said to be missing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest

from workers.ports.telemetry import NoMeter, NoTracer
from workers.settings import Settings
from workers.wiring.telemetry import build_page, open_telemetry

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
LIBRARIES = ("prometheus_client", "opentelemetry")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which the extra is not installed."""
    ours = "workers.adapters.telemetry."
    for name in list(sys.modules):
        if name.partition(".")[0] in LIBRARIES or name in {f"{ours}metrics", f"{ours}traces"}:
            monkeypatch.delitem(sys.modules, name)
    for name in LIBRARIES:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(ENDPOINT, raising=False)
    logger = logging.getLogger("dsr")
    before = logger.handlers[:]
    yield
    logger.handlers[:] = before


async def test_nothing_is_measured_that_nobody_asked_for() -> None:
    async with open_telemetry(Settings(metrics_port=None, metrics_token="")) as telemetry:
        assert isinstance(telemetry.meter, NoMeter)
        assert isinstance(telemetry.tracer, NoTracer)


async def test_what_is_asked_for_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    async with open_telemetry(Settings(metrics_port=9464)) as telemetry:
        assert telemetry.meter.on
        assert telemetry.tracer.on
        assert b"dsr_build_info" in await build_page(Settings(), telemetry, None).text()


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")]
)
async def test_opentelemetrys_own_switches_switch_it_off(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    async with open_telemetry(Settings()) as telemetry:
        assert not telemetry.tracer.on


@pytest.mark.usefixtures("bare")
async def test_without_the_extra_workers_work_and_say_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setattr(logging.getLogger("dsr"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("dsr"), "handlers", [])  # of earlier tests
    async with open_telemetry(Settings(metrics_port=9464)) as telemetry:
        assert isinstance(telemetry.meter, NoMeter)
        assert isinstance(telemetry.tracer, NoTracer)
    assert [record.getMessage() for record in caplog.records] == ["no_metrics", "no_traces"]
