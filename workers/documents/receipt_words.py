"""The words of a receipt's page, per language: no Korean particle stands behind a variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from workers.emails.vocabulary import Language


class ReceiptWords(TypedDict):
    """What the page says."""

    title: str
    opening: str
    facts: str
    tracking: str
    kind: str
    received: str
    completed: str
    revision: str
    fields: str
    recipients: str
    nobody: str
    log: str
    log_means: str
    entry: str
    checkpoint: str
    check: str
    check_means: str
    schema: str
    key: str
    signature: str


RECEIPT_WORDS: Mapping[Language, ReceiptWords] = {
    "ko": {
        "title": "개인정보 요청 처리 확인서",
        "opening": "아래와 같이 요청을 처리하였음을 확인합니다.",
        "facts": "요청",
        "tracking": "접수번호",
        "kind": "요청 종류",
        "received": "접수 시각",
        "completed": "처리 완료 시각",
        "revision": "발급 차수",
        "fields": "처리 내역",
        "recipients": "제3자 통지",
        "nobody": "알릴 곳이 없었습니다.",
        "log": "서명된 기록",
        "log_means": (
            "처리 과정은 고칠 수 없는 기록에 순서대로 남습니다. "
            "이 확인서에는 완료 사실이 그 기록에 있다는 증명이 들어 있습니다."
        ),
        "entry": "기록 번호",
        "checkpoint": "서명된 기록의 끝",
        "check": "확인 방법",
        "check_means": (
            "이 문서는 전자서명된 확인서 파일(JSON)을 읽기 쉽게 옮긴 것입니다. "
            "확인서 파일과 발급 기관의 공개키만 있으면 "
            "인터넷 연결 없이 다음 명령으로 확인할 수 있습니다."
        ),
        "schema": "형식",
        "key": "서명 열쇠",
        "signature": "전자서명 (Ed25519)",
    },
    "en": {
        "title": "Receipt of a completed request",
        "opening": "We confirm that we have completed your request as follows.",
        "facts": "Request",
        "tracking": "Tracking code",
        "kind": "What was asked",
        "received": "Received",
        "completed": "Completed",
        "revision": "Revision",
        "fields": "What was done",
        "recipients": "Third parties",
        "nobody": "There was nobody to tell.",
        "log": "The signed log",
        "log_means": (
            "Whatever happens to a request is kept in a log to which entries are only ever added."
            " This receipt carries the proof that the log has the completion of yours."
        ),
        "entry": "Number of the entry",
        "checkpoint": "Signed up to",
        "check": "How to check this",
        "check_means": (
            "This page is a readable form of a signed receipt file (JSON). With that file and the"
            " issuer's public key alone, offline, this command checks it:"
        ),
        "schema": "Format",
        "key": "Signing key",
        "signature": "Signature (Ed25519)",
    },
}
