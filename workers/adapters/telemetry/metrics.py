"""Figures for Prometheus: what this process does, and what waits in the stores.

Labels are names that this house or its data map has given: never a code, an id, or anything that
came from outside. So there are as many series as the pipeline and the map are large, and no more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase

from schemas.request import Request
from workers.ports import AskStatus, OutboundEffect, OutboundResult, SendMail
from workers.ports.telemetry import Backlog, Epochs

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_AGES: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21600, 86400)
_TIMES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: what it says, and the names of its labels."""

    kind: Literal["counter", "gauge", "histogram"]
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


WORK: Final[Mapping[str, Figure]] = {
    "dsr_build_info": Figure("gauge", "Always 1; which version runs.", ("version",)),
    "dsr_queue_age_seconds": Figure(
        "histogram", "How long messages had waited when a stage took them.", ("stage",), _AGES
    ),
    "dsr_group_items": Figure("histogram", "Items in a group.", ("stage",), _SIZES),
    "dsr_stage_seconds": Figure(
        "histogram", "From taking a group to acknowledging it.", ("stage",), _TIMES
    ),
    "dsr_items_total": Figure("counter", "Items done and acknowledged.", ("stage",)),
    "dsr_company_data_seconds": Figure(
        "histogram", "A group's effects on the company's data.", ("stage",), _TIMES
    ),
    "dsr_messages_parked_total": Figure("counter", "Messages parked.", ("stage",)),
    "dsr_requests_total": Figure(
        "counter", "Requests that came to a status.", ("kind", "channel", "status")
    ),
    "dsr_notices_total": Figure(
        "counter", "Notices that came to a status, by a transition.", ("kind", "status")
    ),
    "dsr_restrictions_total": Figure(
        "counter", "Restrictions applied and lifted.", ("kind", "status")
    ),
    "dsr_mails_total": Figure("counter", "Tries to send a mail, by outcome.", ("status",)),
    "dsr_mail_seconds": Figure("histogram", "One try to send a mail.", (), _TIMES),
    "dsr_recipient_calls_total": Figure(
        "counter", "Tries to tell a recipient, by outcome.", ("recipient", "status")
    ),
    "dsr_recipient_seconds": Figure(
        "histogram", "One try to tell a recipient.", ("recipient",), _TIMES
    ),
    "dsr_log_events_total": Figure(
        "counter", "Warnings and errors that were logged.", ("event", "level")
    ),
}
"""What this process does."""

WAITS: Final[Mapping[str, Figure]] = {
    "dsr_backlog_up": Figure("gauge", "1: MongoDB could be asked what waits; 0: it could not."),
    "dsr_requests_open": Figure("gauge", "Open requests.", ("status", "kind")),
    "dsr_deadlines_at_risk": Figure(
        "gauge", "Open requests that are near their deadline, and not past it.", ("kind",)
    ),
    "dsr_deadlines_late": Figure("gauge", "Open requests past their deadline.", ("kind",)),
    "dsr_requests_disowned": Figure(
        "gauge", "Requests in review since their contact on file says: not me."
    ),
    "dsr_unreachable_contacts": Figure(
        "gauge", "Open requests with a mail that could not be delivered."
    ),
    "dsr_notices_open": Figure(
        "gauge", "Notices without a recipient's last word.", ("recipient", "status")
    ),
    "dsr_recipient_disabled": Figure(
        "gauge", "1: this recipient has said that it wants no more notices.", ("recipient",)
    ),
    "dsr_tasks_open": Figure("gauge", "Requests that wait for a call or a letter.", ("route",)),
    "dsr_parked_messages": Figure("gauge", "Parked messages that nobody has seen to."),
    "dsr_parked_overdue": Figure("gauge", "Those of them that have waited for too long."),
    "dsr_outbox_age_seconds": Figure("gauge", "Age of the oldest message that is owed the broker."),
    "dsr_step_overdue_seconds": Figure(
        "gauge", "How long the step has been due that is the latest."
    ),
    "dsr_log_behind_seconds": Figure(
        "gauge", "Age of the oldest transition that the signed log lacks."
    ),
    "dsr_key_epoch": Figure("gauge", "The key epoch under which new keys are wrapped."),
    "dsr_key_epochs": Figure("gauge", "Epochs in the key folder; two while one is rolled over."),
    "dsr_key_epoch_age_seconds": Figure("gauge", "Age of the current epoch's key."),
}
"""What waits in the stores; of workers that run `upkeep`."""

FIGURES: Final[Mapping[str, Figure]] = {**WORK, **WAITS}
"""Every metric; docs/telemetry.md, the dashboards and the alert rules are checked against it."""


class Metrics:
    """The `Meter` of one process, and the page that Prometheus reads."""

    on = True

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._made: dict[str, MetricWrapperBase] = {}
        self._gauge("dsr_build_info").labels(metadata.version("dsr-workers")).set(1)
        logging.getLogger("dsr").addHandler(_Counting(self))

    def took(self, stage: str, items: int, waited: Iterable[float]) -> None:
        """A group was taken off its queue."""
        self._histogram("dsr_group_items").labels(stage).observe(items)
        ages = self._histogram("dsr_queue_age_seconds").labels(stage)
        for age in waited:
            ages.observe(age)

    def did(self, stage: str, items: int, seconds: float) -> None:
        """All of a group is done and acked."""
        self._counter("dsr_items_total").labels(stage).inc(items)
        self._histogram("dsr_stage_seconds").labels(stage).observe(seconds)

    def parked(self, stage: str) -> None:
        """A message was parked."""
        self._counter("dsr_messages_parked_total").labels(stage).inc()

    def stands(self, request: Request, happened: Iterable[str]) -> None:
        """A transition stands."""
        for event in happened:
            what, _, status = event.partition(".")
            if what == "request":
                labels = request.kind, request.channel, status
                self._counter("dsr_requests_total").labels(*labels).inc()
            elif what in {"notice", "restriction"}:
                self._counter(f"dsr_{what}s_total").labels(request.kind, status).inc()

    def changed(self, stage: str, seconds: float) -> None:
        """A group's effects on the company's data took so long."""
        self._histogram("dsr_company_data_seconds").labels(stage).observe(seconds)

    def left(self, effect: OutboundEffect, result: OutboundResult, seconds: float) -> None:
        """Something left the house; not counted where it was not this recipient's turn."""
        if isinstance(effect, SendMail):
            self._counter("dsr_mails_total").labels(result.status).inc()
            self._histogram("dsr_mail_seconds").observe(seconds)
        elif result.tried and not isinstance(effect, AskStatus):
            name = effect.recipient
            self._counter("dsr_recipient_calls_total").labels(name, result.status).inc()
            self._histogram("dsr_recipient_seconds").labels(name).observe(seconds)

    def logged(self, event: str, level: str) -> None:
        """A warning or an error was logged; events are names in our own code."""
        self._counter("dsr_log_events_total").labels(event, level).inc()

    def waits(self, backlog: Backlog | None, epochs: Epochs | None) -> None:
        """What waits now; None: nobody could be asked."""
        # A series that was not counted again is gone: an old number would be a wrong one.
        for name in WAITS.keys() & self._made.keys():
            self._registry.unregister(self._made.pop(name))
        self._gauge("dsr_backlog_up").set(0 if backlog is None else 1)
        if backlog is not None:
            self._show(backlog)
        if epochs is not None:
            self._gauge("dsr_key_epoch").set(epochs.current)
            self._gauge("dsr_key_epochs").set(epochs.count)
            self._gauge("dsr_key_epoch_age_seconds").set(epochs.age)

    def _show(self, backlog: Backlog) -> None:
        by_label: Mapping[str, Mapping[tuple[str, ...], int]] = {
            "dsr_requests_open": _labelled(backlog.open),
            "dsr_deadlines_at_risk": {(kind,): n for kind, n in backlog.at_risk.items()},
            "dsr_deadlines_late": {(kind,): n for kind, n in backlog.late.items()},
            "dsr_notices_open": _labelled(backlog.notices),
            "dsr_recipient_disabled": {(name,): 1 for name in backlog.disabled},
            "dsr_tasks_open": {(route,): n for route, n in backlog.tasks.items()},
        }
        for name, counts in by_label.items():
            for labels, count in counts.items():
                self._gauge(name).labels(*labels).set(count)
        plain: Mapping[str, float] = {
            "dsr_requests_disowned": backlog.disowned,
            "dsr_unreachable_contacts": backlog.unreachable,
            "dsr_parked_messages": backlog.parked,
            "dsr_parked_overdue": backlog.parked_overdue,
            "dsr_outbox_age_seconds": backlog.outbox_age,
            "dsr_step_overdue_seconds": backlog.step_overdue,
            "dsr_log_behind_seconds": backlog.log_behind,
        }
        for name, value in plain.items():
            self._gauge(name).set(value)

    def text(self) -> bytes:
        """The page."""
        return generate_latest(self._registry)

    def _counter(self, name: str) -> Counter:
        made = self._one(name)
        assert isinstance(made, Counter)
        return made

    def _gauge(self, name: str) -> Gauge:
        made = self._one(name)
        assert isinstance(made, Gauge)
        return made

    def _histogram(self, name: str) -> Histogram:
        made = self._one(name)
        assert isinstance(made, Histogram)
        return made

    def _one(self, name: str) -> MetricWrapperBase:
        """Made when it is first needed: what this process never does is not on its page."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._make(name, FIGURES[name])
        return made

    def _make(self, name: str, figure: Figure) -> MetricWrapperBase:
        if figure.kind == "histogram":
            return Histogram(
                name, figure.says, figure.labels, buckets=figure.buckets, registry=self._registry
            )
        kind = Counter if figure.kind == "counter" else Gauge
        return kind(name, figure.says, figure.labels, registry=self._registry)


def _labelled(counts: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, ...], int]:
    return dict(counts.items())


class _Counting(logging.Handler):
    """Counts our own events from warnings on."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.WARNING)
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        self._metrics.logged(record.getMessage(), record.levelname.lower())
