"""An OpenTelemetry collector: takes spans by OTLP over HTTP, and keeps them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True)
class Received:
    """One span as it was sent; times are seconds since 1970."""

    name: str
    trace: str
    id: str
    parent: str
    began: float
    ended: float
    failed: bool
    attributes: dict[str, Any]
    events: tuple[str, ...]


@dataclass
class Collector:
    """What was sent so far: as bytes, and as spans."""

    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """For `OTEL_EXPORTER_OTLP_ENDPOINT`."""
        return f"http://127.0.0.1:{self.port}"

    def spans(self) -> list[Received]:
        """In the order in which they began."""
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += [_received(span) for span in scope.spans]
        return sorted(found, key=lambda span: span.began)


def _received(span: Any) -> Received:
    return Received(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        began=span.start_time_unix_nano / 1e9,
        ended=span.end_time_unix_nano / 1e9,
        failed=span.status.code == 2,
        attributes={
            each.key: getattr(each.value, each.value.WhichOneof("value"))
            for each in span.attributes
        },
        events=tuple(event.name for event in span.events),
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """One that listens meanwhile."""
    kept = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
