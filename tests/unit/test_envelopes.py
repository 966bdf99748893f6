"""Headers of a message are anybody's who may publish: what is no time and no trace is neither."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aiormq import spec
from aiormq.abc import DeliveredMessage
from pamqp.header import ContentHeader

from workers.adapters.envelopes import LONGEST_HEADER, envelope_of
from workers.ports import Envelope

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def arrived(headers: dict[str, Any], timestamp: datetime | None = None) -> Envelope:
    properties = spec.Basic.Properties(headers=headers, timestamp=timestamp)
    header = ContentHeader(properties=properties)
    delivery = spec.Basic.Deliver(exchange="dsr.intake", routing_key="submission.web")
    message = DeliveredMessage(delivery, header, b"", cast("Any", None))
    return envelope_of(message, "dsr.registration", 1)


def test_when_it_was_published_is_said_by_our_header_before_the_property() -> None:
    assert arrived({"dsr-sent-at": "1764500000.125"}, AT).sent_at == 1764500000.125
    assert arrived({}, AT).sent_at == AT.timestamp()
    assert arrived({}).sent_at is None


@pytest.mark.parametrize(
    "said", ["", "nan", "inf", "-1", "1e400", "9" * 400, "soon", b"1", 1.5, None, ["1"], {"a": 1}]
)
def test_what_is_no_time_says_nothing(said: Any) -> None:
    assert arrived({"dsr-sent-at": said}).sent_at is None


@pytest.mark.parametrize("said", [b"00", 7, None, [], "x" * (LONGEST_HEADER + 1)])
def test_what_is_no_short_text_is_no_trace(said: Any) -> None:
    assert arrived({"traceparent": said}).traceparent is None
