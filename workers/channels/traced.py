"""A line to the broker whose messages carry the trace that they begin."""

from __future__ import annotations

from dataclasses import replace

from workers.ports.intake import Answer, IntakeLine, Outgoing
from workers.ports.telemetry import TRACEPARENT, Tracer


class TracedLine:
    """The line of a channel, followed. What waits in a spool begins its trace when it is sent."""

    def __init__(self, line: IntakeLine, tracer: Tracer) -> None:
        self._line = line
        self._tracer = tracer

    async def publish(self, outgoing: Outgoing) -> Answer:
        """As the line does; what it raises is raised."""
        span = self._tracer.publishing(outgoing.routing_key)
        if span.context is not None:
            headers = {**outgoing.headers, TRACEPARENT: span.context}
            outgoing = replace(outgoing, headers=headers)
        failure = "unconfirmed"
        try:
            answer = await self._line.publish(outgoing)
            failure = ""
        finally:
            span.end(failure)
        return answer
