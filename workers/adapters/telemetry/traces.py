"""Traces by OpenTelemetry: one trace for one request, from its channel to the last mail.

    publish submission ─┬─ registration submission
                        ├─ verification challenge
                        ├─ mailing mail ── send mail
                        ├─ correction ── company data
                        └─ propagation notice ── send notice …

The request keeps the `traceparent` that its submission came with, and what is done for it is a
child of that, however many days later. So messages between workers carry none, and a group is as
many spans as it has items. A proof has a trace of its own where its channel began one: the stage's
span links to it. Where to, and how many are kept, say OpenTelemetry's own variables, `OTEL_*`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from schemas.lifecycle import Entry
from schemas.messages import Do, Message
from schemas.request import Request
from workers.ports import AskStatus, Envelope, OutboundEffect, OutboundResult, SendMail
from workers.ports.telemetry import NO_SPAN, Span

SPANS: Final[Mapping[str, str]] = {
    "publish <word>": "A channel publishes a submission, a proof or a withdrawal.",
    "<stage> <what>": "A stage handles one step or message; only the stage where both are alike.",
    "company data": "The group's effects on the company's data.",
    "send mail": "One try to hand a mail over.",
    "send notice": "One try to tell a recipient.",
    "ask recipient": "A recipient is asked how far it has got.",
}
"""Every span; docs/telemetry.md is checked against it."""

ATTRIBUTES: Final = frozenset(
    {
        "messaging.destination.name", "messaging.message.redelivered", "messaging.operation.type",
        "messaging.system", "dsr.attempt", "dsr.channel", "dsr.code", "dsr.group", "dsr.kind",
        "dsr.purpose", "dsr.recipient", "dsr.stage", "dsr.status", "dsr.step", "dsr.tracking",
        "dsr.waited_ms", "dsr.by",
    }
)  # fmt: skip
"""All that a span may say beside its name and times: an allow-list, as for logs."""

Value = str | int | bool
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_KNOWN: Final = 0b11
"""Flags that are handed on: it is kept, and its id was drawn at random."""
_PATIENCE: Final = 3.0
"""Seconds that the last spans have at the end; a collector that is away holds nobody up."""


class Traces:
    """The `Tracer` of one process."""

    on = True

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        """By default spans are gathered and sent to `OTEL_EXPORTER_OTLP_ENDPOINT`."""
        version = metadata.version("dsr-workers")
        ours = Resource({SERVICE_NAME: "dsr-workers", SERVICE_VERSION: version})
        # What is set in the environment goes before what we say.
        self._provider = TracerProvider(
            resource=ours.merge(Resource.create()), shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("dsr-workers", version)

    def begin(
        self,
        stage: str,
        message: Message,
        request: Request | None,
        envelope: Envelope | None,
        group: int,
    ) -> Span:
        """An item is about to be handled."""
        came_with = _parsed(envelope.traceparent) if envelope else None
        kept = _parsed(request.trace) if request else None
        parent = kept or came_with
        name = what(message)
        span = self._tracer.start_span(
            stage if name == stage else f"{stage} {name}",
            _under(parent),
            SpanKind.CONSUMER if envelope else SpanKind.INTERNAL,
            _allowed({"dsr.stage": stage, "dsr.group": group, **_of(message, request, envelope)}),
            [Link(came_with)] if came_with and kept and came_with != kept else (),
        )
        if not span.is_recording() and request is not None:
            return NO_SPAN
        return _Handling(self._tracer, span, parent)

    def publishing(self, routing_key: str) -> Span:
        """A channel is about to publish."""
        word, _, channel = routing_key.partition(".")
        span = self._tracer.start_span(
            f"publish {word}",
            _under(None),
            SpanKind.PRODUCER,
            _allowed(
                {
                    "messaging.system": "rabbitmq",
                    "messaging.operation.type": "send",
                    "messaging.destination.name": "dsr.intake",
                    "dsr.channel": channel,
                }
            ),
        )
        return _Handling(self._tracer, span, None)

    def close(self) -> None:
        """Send what is gathered; gives up after a few seconds."""
        # A thread that nobody waits for: the exporter's own patience is longer than ours.
        last = threading.Thread(target=self._shut_down, daemon=True)
        last.start()
        last.join(_PATIENCE)

    def _shut_down(self) -> None:
        with suppress(Exception):
            self._provider.shutdown()


class _Handling:
    """One span, and those below it."""

    def __init__(self, tracer: trace.Tracer, span: trace.Span, parent: SpanContext | None) -> None:
        self._tracer = tracer
        self._span = span
        # Everything that is done for a request hangs below one span, so that a picture of it is
        # flat and in the order of time: the channel's, or else that of whoever had it first.
        self._root = parent or span.get_span_context()

    @property
    def context(self) -> str:
        """The root, as a `traceparent`."""
        root = self._root
        return f"00-{root.trace_id:032x}-{root.span_id:016x}-{root.trace_flags:02x}"

    def stands(self, request: Request, entries: Sequence[Entry]) -> None:
        """Its transition stands."""
        self._span.set_attributes(
            _allowed(
                {
                    "dsr.status": request.status.value,
                    "dsr.kind": request.kind,
                    "dsr.channel": request.channel,
                    "dsr.tracking": request.tracking,
                }
            )
        )
        for entry in entries:
            # A person of the desk did it, or a recipient: who that was stays in the history.
            where = entry.by.partition(":")[0]
            told: dict[str, Value] = {"dsr.status": entry.status.value, "dsr.stage": where}
            self._span.add_event(entry.what, _allowed(told))

    def changed(self, began: int) -> None:
        """The company's data was changed for it."""
        self._below("company data", SpanKind.CLIENT, {}, began).end()

    def left(self, effect: OutboundEffect, result: OutboundResult, began: int) -> None:
        """Something left the house for it."""
        said: dict[str, Value] = {"dsr.status": result.status}
        if result.code:
            said["dsr.code"] = result.code
        if isinstance(effect, SendMail):
            name, said["dsr.purpose"] = "send mail", effect.facts.purpose
        else:
            name = "ask recipient" if isinstance(effect, AskStatus) else "send notice"
            said["dsr.recipient"] = effect.recipient
        span = self._below(name, SpanKind.CLIENT, said, began)
        if result.status in {"put_off", "refused", "overdue"}:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def end(self, failure: str = "") -> None:
        """It is done here."""
        if failure:
            self._span.set_attributes(_allowed({"dsr.code": failure}))
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    def _below(
        self, name: str, kind: SpanKind, said: Mapping[str, Value], began: int
    ) -> trace.Span:
        under = _under(self._span.get_span_context())
        return self._tracer.start_span(name, under, kind, _allowed(said), start_time=began)


def what(message: Message) -> str:
    """What is to be done, in a word: the kind of step, or of message."""
    if isinstance(message, Do):
        return message.step.partition(":")[0]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(message).__name__).lower()


def _of(message: Message, request: Request | None, envelope: Envelope | None) -> dict[str, Value]:
    said: dict[str, Value] = {}
    if isinstance(message, Do):
        said["dsr.step"] = message.step
    if request is not None:
        said |= {
            "dsr.tracking": request.tracking,
            "dsr.kind": request.kind,
            "dsr.channel": request.channel,
        }
    if envelope is not None:
        said |= {
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "process",
            "messaging.destination.name": envelope.queue,
            "messaging.message.redelivered": envelope.redelivered,
        }
        if envelope.sent_at is not None:
            said["dsr.waited_ms"] = max(0, round((time.time() - envelope.sent_at) * 1000))
    return said


def _allowed(said: Mapping[str, Value]) -> Mapping[str, Value]:
    """The same; a name that is not on the list is a bug, and fails loudly."""
    unknown = said.keys() - ATTRIBUTES
    if unknown:
        raise ValueError(f"not on the list of what may be traced: {sorted(unknown)}")
    return said


def _parsed(traceparent: str | None) -> SpanContext | None:
    """A context out of a header, or of a request; None where it is not one."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags & _KNOWN))
    return context if context.is_valid else None


def _under(parent: SpanContext | None) -> Context:
    """What a span is started below; of nothing that happens to be current here."""
    if parent is None:
        return Context()
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())
