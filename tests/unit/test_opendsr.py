"""What a processor of OpenDSR is asked, as its specification has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from schemas.datamap import OpenDsrTransport
from schemas.notice import NoticeKind
from workers.adapters.recipients.opendsr import request_body
from workers.adapters.recipients.told import LAST, Told
from workers.adapters.recipients.transport import Outgoing

ASKED = datetime(2026, 11, 22, 9, tzinfo=UTC)
ID = "a7551968-d5d6-44b2-9831-815ac9017798"
TRANSPORT = OpenDsrTransport(
    url="https://opendsr.carrier.example/v2", controller_id="shop", regulation="ccpa"
)


def body(told: Told) -> dict[str, object]:
    outgoing = Outgoing(
        ID, told, "https://privacy.shop.example", "DSR-ACEF-HJK2", ASKED, ASKED, ASKED
    )
    made = json.loads(request_body(outgoing, TRANSPORT))
    assert isinstance(made, dict)
    return made


def test_a_deletion_is_an_erasure_with_everything_that_is_required() -> None:
    assert body(Told("deletion", 42, ["addr"], LAST)) == {
        "regulation": "ccpa",
        "subject_request_id": ID,
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-22T09:00:00Z",
        "subject_identities": [
            {
                "identity_type": "controller_customer_id",
                "identity_value": "42",
                "identity_format": "raw",
            }
        ],
        "api_version": "2.0",
        "status_callback_urls": [f"https://privacy.shop.example/opendsr/callbacks/{ID}"],
        "extensions": {
            "opendsr.carrier.example": {
                "dsr.notice/1": {"type": "deletion", "sequence": LAST, "fields": ["addr"]}
            }
        },
    }


@pytest.mark.parametrize("kind", ["correction", "restriction", "restriction_lifted", "objection"])
def test_what_opendsr_does_not_know_has_a_type_of_our_own(kind: NoticeKind) -> None:
    made = body(Told(kind, 42, {"addr": "x"}, 7, withheld=["phone"], purposes=["ads"]))
    assert made["subject_request_type"] == f"dsr-workers:{kind}"
    assert made["extensions"] == {
        "opendsr.carrier.example": {
            "dsr.notice/1": {
                "type": kind,
                "sequence": 7,
                "fields": {"addr": "x"},
                "withheld": ["phone"],
                "purposes": ["ads"],
            }
        }
    }
