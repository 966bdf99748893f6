"""The change of SMALLMACHINES' privacy policy that everybody is told of."""

from __future__ import annotations

from typing import Any

from schemas.announcement import Announcement, parse

FILE = """\
schema: dsr.announcement/1
id: privacy-policy-2027-01
effective: 2027-01-01
ko:
  subject: 개인정보 처리방침이 바뀝니다
  body: |
    2027년 1월 1일부터 배송 업체가 바뀝니다.

    전문: https://smallmachines.example/privacy
en:
  subject: Our privacy policy is changing
  body: |
    From 1 January 2027 parcels are delivered by another company.

    Full text: https://smallmachines.example/privacy
"""


def content(**other: Any) -> dict[str, Any]:
    """What the file says, with what a test wants otherwise."""
    return {
        "schema": "dsr.announcement/1",
        "id": "privacy-policy-2027-01",
        "effective": "2027-01-01",
        "ko": {"subject": "개인정보 처리방침이 바뀝니다", "body": "배송 업체가 바뀝니다."},
        "en": {"subject": "Our privacy policy is changing", "body": "Another carrier.\n\nRead on."},
        **other,
    }


def announcement(**other: Any) -> Announcement:
    """The announcement of that content."""
    return parse(content(**other), source="policy.yaml")
