"""The words of the pages, per language. No sentence puts a Korean particle behind a variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from workers.emails.vocabulary import Language


class Words(TypedDict):
    """What the page of a certificate says."""

    title: str
    opening: str
    facts: str
    tracking: str
    request: str
    subject: str
    scope: str
    whole_account: str
    datamap: str
    revision: str
    moments: str
    first: str
    first_means: str
    second: str
    second_means: str
    second_open: str
    epoch: str
    destroyed: str
    collection: str
    deleted: str
    anonymised: str
    changed: str
    archived: str
    keys_destroyed: str
    kept: str
    kept_means: str
    nothing_kept: str
    law: str
    documents: str
    until: str
    rescans: str
    none_yet: str
    nothing_found: str
    check: str
    check_means: str
    schema: str
    key: str
    signature: str


WORDS: Mapping[Language, Words] = {
    "ko": {
        "title": "개인정보 파기 증명서",
        "opening": "아래와 같이 개인정보를 파기하였음을 증명합니다.",
        "facts": "요청",
        "tracking": "접수번호",
        "request": "증명서 번호",
        "subject": "정보주체 (가명 처리)",
        "scope": "파기 대상",
        "whole_account": "계정 전체",
        "datamap": "적용한 데이터 맵",
        "revision": "발급 차수",
        "moments": "파기 시점",
        "first": "1차 파기",
        "first_means": "데이터베이스에서 삭제하고, 암호화해 둔 값의 열쇠를 파기한 시점",
        "second": "2차 파기 (암호화된 값의 백업)",
        "second_means": "상위 열쇠까지 파기하여 이전 백업에서도 암호화된 값을 열 수 없게 된 시점",
        "second_open": "아직 이르지 않았습니다. 상위 열쇠를 파기하면 증명서를 다시 발급합니다.",
        "epoch": "상위 열쇠 번호",
        "destroyed": "파기 내역",
        "collection": "컬렉션",
        "deleted": "삭제",
        "anonymised": "익명 처리",
        "changed": "해당 부분만 삭제",
        "archived": "분리 보관",
        "keys_destroyed": "파기한 암호 열쇠",
        "kept": "법령에 따라 보관하는 정보",
        "kept_means": (
            "다른 정보와 분리하여 암호화해 보관하며, "
            "보관 목적으로만 이용하고 기한이 지나면 파기합니다."
        ),
        "nothing_kept": "보관하는 정보가 없습니다.",
        "law": "근거 법령",
        "documents": "문서 수",
        "until": "보관 기한",
        "rescans": "파기 후 재검사",
        "none_yet": "아직 재검사를 하지 않았습니다.",
        "nothing_found": "남은 정보가 없습니다.",
        "check": "확인 방법",
        "check_means": (
            "이 문서는 전자서명된 증명서 파일(JSON)을 읽기 쉽게 옮긴 것입니다. "
            "증명서 파일과 발급 기관의 공개키만 있으면 "
            "인터넷 연결 없이 다음 명령으로 확인할 수 있습니다."
        ),
        "schema": "형식",
        "key": "서명 열쇠",
        "signature": "전자서명 (Ed25519)",
    },
    "en": {
        "title": "Certificate of destruction of personal data",
        "opening": "We certify that personal data was destroyed as follows.",
        "facts": "Request",
        "tracking": "Tracking code",
        "request": "Certificate number",
        "subject": "Person (pseudonym)",
        "scope": "To be destroyed",
        "whole_account": "The whole account",
        "datamap": "Data map used",
        "revision": "Revision",
        "moments": "When",
        "first": "First moment",
        "first_means": (
            "Deleted from the database, and the keys of values stored encrypted destroyed"
        ),
        "second": "Second moment (backups of encrypted values)",
        "second_means": (
            "The key above those keys destroyed too: no earlier backup opens the encrypted values"
        ),
        "second_open": (
            "Not reached yet. This certificate is issued again when the key above is destroyed."
        ),
        "epoch": "Number of the key above",
        "destroyed": "What was destroyed",
        "collection": "Collection",
        "deleted": "Deleted",
        "anonymised": "Anonymised",
        "changed": "Parts taken out",
        "archived": "Moved to archive",
        "keys_destroyed": "Encryption keys destroyed",
        "kept": "What the law requires us to keep",
        "kept_means": (
            "Kept encrypted and apart from all other data, used for that purpose only,"
            " and destroyed when its time is up."
        ),
        "nothing_kept": "Nothing is kept.",
        "law": "Law",
        "documents": "Documents",
        "until": "Kept until",
        "rescans": "Scans after the destruction",
        "none_yet": "No scan was made yet.",
        "nothing_found": "Nothing was left.",
        "check": "How to check this",
        "check_means": (
            "This page is a readable form of a signed certificate file (JSON). With that file and"
            " the issuer's public key alone, offline, this command checks it:"
        ),
        "schema": "Format",
        "key": "Signing key",
        "signature": "Signature (Ed25519)",
    },
}

FINDINGS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "left_over": "파기 후에도 남아 있던 정보",
        "no_basis": "보관 근거가 정해지지 않은 정보",
        "unmapped_match": "데이터 맵에 없는 곳에서 발견된 정보",
    },
    "en": {
        "left_over": "left over after the destruction",
        "no_basis": "without a legal basis for keeping it",
        "unmapped_match": "found where the data map names nothing",
    },
}
