"""What measures this process, by the settings and by OpenTelemetry's own variables; else nothing.

The extra `telemetry` is imported here, when it is asked for: without it everything works, and says
once what is missing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from schemas.errors import DsrError, SettingsError
from workers.adapters.vault import FolderEpochs
from workers.ports.telemetry import Backlog, Epochs, Meter, NoMeter, NoTracer, Tracer
from workers.runtime import log
from workers.settings import Settings

if TYPE_CHECKING:
    from workers.adapters.telemetry.metrics import Metrics

FRESH: Final = 15.0
"""Seconds for which what waits is not counted again."""
_PATIENCE: Final = 5.0
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_MISSING: Final = "metrics need the extra `telemetry`: pip install 'dsr-workers[telemetry]'"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The meter and the tracer of this process; `metrics` is what Prometheus may read."""

    meter: Meter
    tracer: Tracer
    metrics: Metrics | None = None


class Store(Protocol):
    """Knows what waits."""

    async def read(self) -> Backlog:
        """As it stands now."""


class Page:
    """The page that Prometheus reads; with what waits, where it was asked for."""

    def __init__(
        self,
        metrics: Metrics | None,
        store: Store | None = None,
        epochs: Callable[[], Epochs] | None = None,
    ) -> None:
        self._metrics = metrics
        self._store = store
        self._epochs = epochs
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def text(self) -> bytes:
        """As it stands now; `SettingsError` without the extra."""
        if self._metrics is None:
            raise SettingsError(_MISSING)
        if self._store is not None:
            async with self._lock:
                if time.monotonic() - self._read_at >= FRESH:
                    self._metrics.waits(await self._backlog(), self._epoch())
                    self._read_at = time.monotonic()
        return self._metrics.text()

    async def _backlog(self) -> Backlog | None:
        assert self._store is not None, "asked for"
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._store.read()
        except (DsrError, TimeoutError):
            return None

    def _epoch(self) -> Epochs | None:
        try:
            return self._epochs() if self._epochs else None
        except (DsrError, OSError):
            return None


@asynccontextmanager
async def open_telemetry(settings: Settings) -> AsyncIterator[Telemetry]:
    """Silent unless something was asked for; the last spans are sent when it is left."""
    metrics = _metrics(settings)
    async with open_tracer() as tracer:
        yield Telemetry(metrics or NoMeter(), tracer, metrics)


@asynccontextmanager
async def open_tracer() -> AsyncIterator[Tracer]:
    """Where an endpoint is set, and nothing says that it is not to be used."""
    wanted = any(os.environ.get(name) for name in _ENDPOINTS)
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if not wanted or disabled or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        yield NoTracer()
        return
    try:
        from workers.adapters.telemetry.traces import Traces  # noqa: PLC0415 - may be missing
    except ImportError:
        log.event("no_traces", level=logging.WARNING, code="extra_telemetry_missing")
        yield NoTracer()
        return
    traces = Traces()
    try:
        yield traces
    finally:
        await asyncio.to_thread(traces.close)


def build_page(settings: Settings, telemetry: Telemetry, store: Store | None) -> Page:
    """The page of this process; what waits is on it where `store` is given."""
    return Page(telemetry.metrics, store, FolderEpochs(settings.keys).told)


def _metrics(settings: Settings) -> Metrics | None:
    if settings.metrics_port is None and not settings.metrics_token:
        return None
    try:
        from workers.adapters.telemetry.metrics import Metrics  # noqa: PLC0415 - may be missing
    except ImportError:
        log.event("no_metrics", level=logging.WARNING, code="extra_telemetry_missing")
        return None
    return Metrics()
