"""What lies on the broker: its exchanges, and the two messages that we publish ourselves.

Other versions read them as well (D9); what channels publish is `schemas.submission`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import Ours

INTAKE = "dsr.intake"
"""The exchange that channels publish to."""
JOSE = "application/jose"
"""The content type of what they seal."""
ACKS = "dsr.acks"
"""The exchange on which recipients that have a queue acknowledge, each under `ack.<its name>`."""
WORK = "dsr.work"
"""The exchange between workers; only the outbox publishes to it."""
EVENTS = "dsr.events"
"""The exchange that tells the outside what happened."""

WORK_SCHEMA = "dsr.work/1"
MAX_ITEMS = 64
"""Items in one message between workers, and messages in one group."""


class WorkItem(Ours):
    """One command on the wire."""

    request: str
    step: str


class Work(Ours):
    """A message on `dsr.work`: up to 64 commands for one stage."""

    schema_: Literal["dsr.work/1"] = Field(default="dsr.work/1", alias="schema")
    items: tuple[WorkItem, ...] = Field(min_length=1)


class EventItem(Ours):
    """One thing that happened to one request."""

    request: str
    tracking: str
    at: str


class Events(Ours):
    """A message on `dsr.events`: what happened, to up to 64 requests."""

    schema_: Literal["dsr.events/1"] = Field(default="dsr.events/1", alias="schema")
    event: str
    items: tuple[EventItem, ...]
