"""What is sent to a recipient, and what its answer means."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from workers.adapters.recipients import signatures, told, webhook
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.told import Told
from workers.ports import OutboundResult

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOTICE = "01935f3e-0000-7000-8000-00000000000a"


def answer(status: int, body: bytes | None = b"", **headers: str) -> OutboundResult:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return webhook.result_of(Answer(status, named, body), NOW)


def test_a_notice_holds_the_values_by_the_recipients_own_names() -> None:
    fields = {"addr": {"postcode": "06236", "road": "테헤란로 152"}}
    body = told.payload(
        Told("correction", 42, fields, 7),
        notice_id=NOTICE,
        ack_url=f"https://privacy.shop.example/notices/{NOTICE}/ack",
    )
    assert json.loads(body) == {
        "schema": "dsr.notice/1",
        "type": "correction",
        "notice_id": NOTICE,
        "sequence": 7,
        "subject": {"key": 42},
        "fields": {"addr": {"postcode": "06236", "road": "테헤란로 152"}},
        "ack_url": f"https://privacy.shop.example/notices/{NOTICE}/ack",
    }


def test_dates_and_numbers_are_sent_in_forms_that_json_has() -> None:
    fields = {"born": date(2001, 3, 2), "since": NOW, "sum": Decimal("1.50"), "none": None}
    body = told.payload(Told("correction", "a", fields, 1), notice_id=NOTICE, ack_url="x")
    assert json.loads(body)["fields"] == {
        "born": "2001-03-02",
        "since": "2026-11-22T09:00:00+00:00",
        "sum": "1.50",
        "none": None,
    }


def test_a_notice_of_a_deletion_names_the_fields_and_holds_no_value() -> None:
    deleted = Told("deletion", 42, ["addr", "phone"], told.LAST)
    body = json.loads(told.payload(deleted, notice_id=NOTICE, ack_url="x"))
    assert (body["type"], body["fields"]) == ("deletion", ["addr", "phone"])
    assert body["sequence"] == 9_007_199_254_740_991


@pytest.mark.parametrize("value", [float("nan"), b"bytes", object()])
def test_what_json_does_not_know_is_never_sent(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        told.payload(Told("correction", "a", {"a": value}, 1), notice_id=NOTICE, ack_url="x")


def test_the_signature_is_what_the_reference_library_expects() -> None:
    headers = signatures.sign(SECRET, NOTICE, '{"a":"가"}')
    assert headers["webhook-id"] == NOTICE
    Webhook(SECRET).verify('{"a":"가"}', headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify('{"a":"나"}', headers)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"status":"applied"}', "applied"),
        (b'{"status":"acknowledged"}', "acknowledged"),
        (b'{"status":"refused","reason":"not our customer"}', "refused"),
        (b'{"status": "applied", "reason": ""}', "applied"),
        (b"", "delivered"),
        (b"OK", "delivered"),
        (None, "delivered"),
        (b'{"status":"done"}', "delivered"),
        (b'{"status":"overdue"}', "delivered"),
        (b'{"status":"refused","status":"applied"}', "delivered"),
        (b'{"status":"applied","dry_run":true}', "delivered"),
        (b'[{"status":"applied"}]', "delivered"),
        (b"[" * 5000, "delivered"),
    ],
)
@pytest.mark.parametrize("code", [200, 202, 204])
def test_a_2xx_settles_only_by_its_exact_word(code: int, body: bytes | None, status: str) -> None:
    assert answer(code, body).status == status


def test_gone_is_a_refusal() -> None:
    assert answer(410) == OutboundResult("refused", "gone_410")


@pytest.mark.parametrize("code", [400, 401, 404, 408, 413, 422, 425, 429, 500, 502, 503, 504, 599])
def test_every_other_error_is_put_off_with_its_code(code: int) -> None:
    body = b'{"status":"applied"}'
    assert answer(code, body) == OutboundResult("put_off", f"http_{code}")


@pytest.mark.parametrize("code", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_put_off(code: int) -> None:
    assert answer(code, location="https://evil.example/") == OutboundResult("put_off", "redirected")


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("86401", timedelta(days=1)),
        ("9" * 400, timedelta(days=1)),
        ("Sun, 22 Nov 2026 09:02:00 GMT", timedelta(minutes=2)),
        ("Sun, 22 Nov 2026 18:02:00 +0900", timedelta(minutes=2)),
        ("Mon, 22 Nov 2027 09:00:00 GMT", timedelta(days=1)),
        ("Sun, 22 Nov 2026 08:00:00 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 2026 09:02:00 GMT", None),
        ("Sun, 22 Nov 99999 09:02:00 GMT", None),
    ],
)
def test_the_recipients_wish_to_wait_is_heard_for_a_day_at_most(
    header: str, wait: timedelta | None
) -> None:
    assert answer(503, retry_after=header).retry_after == wait
