"""What was signed can be checked with the public key alone, and nothing else passes for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from schemas.errors import NotVerified
from schemas.evidence import DestructionCertificate, Document, Signature, content
from tests.evidence import SHREDDED, SIGNER, certificate, receipt
from workers.adapters.signing import PublicKey, Signer, verify
from workers.adapters.vault import KeyFolder

OTHER = Signer(KeyFolder(b"\x02" * 32, {1: b"\x01" * 32}))
KEY = SIGNER.public_key
SIGNED: list[Document] = [
    SIGNER.sign(certificate().shredded(SHREDDED)),
    SIGNER.sign(receipt()),
]
IDS = ["certificate", "receipt"]


def body(document: Document) -> bytes:
    return json.dumps(content(document), ensure_ascii=False).encode()


def refusal(file: bytes, key: PublicKey = KEY) -> str:
    with pytest.raises(NotVerified) as caught:
        verify(file, key)
    return caught.value.code


def passes(document: dict[str, Any]) -> bool:
    try:
        verify(json.dumps(document).encode(), KEY)
    except NotVerified:
        return False
    return True


def altered(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The document with each value in it changed, taken out and doubled, one at a time."""
    for path in paths(document):
        for how in ("changed", "gone"):
            other = deepcopy(document)
            *way, last = path
            holder: Any = other
            for step in way:
                holder = holder[step]
            if how == "gone":
                del holder[last]
            else:
                holder[last] = change(holder[last])
            yield f"{'.'.join(map(str, path))} {how}", other


def paths(value: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, part in inner:
        yield (*before, key)
        yield from paths(part, (*before, key))


def change(value: Any) -> Any:
    match value:
        case bool() | None:
            return 1
        case int():
            return value + 1
        case str():
            return value[:-1] + ("B" if value.endswith("A") else "A")
        case list():
            return [*value, "more"]
        case _:
            return {**value, "more": 1}


@pytest.mark.parametrize("document", SIGNED, ids=IDS)
def test_a_signed_document_says_what_was_signed(document: Document) -> None:
    assert verify(body(document), KEY) == document


@pytest.mark.parametrize("document", SIGNED, ids=IDS)
def test_how_the_file_is_laid_out_does_not_matter(document: Document) -> None:
    turned = dict(reversed(content(document).items()))
    for file in (
        json.dumps(turned, indent=4).encode(),
        document.model_dump_json(by_alias=True).encode(),
    ):
        assert verify(file, KEY) == document


@pytest.mark.parametrize("document", SIGNED, ids=IDS)
def test_a_document_that_was_stored_in_between_still_verifies(document: Document) -> None:
    stored = type(document).model_validate(document.model_dump(by_alias=True))
    assert verify(body(stored), KEY) == document


@pytest.mark.parametrize("document", SIGNED, ids=IDS)
def test_no_part_can_be_changed_or_taken_out(document: Document) -> None:
    passed = {what: passes(other) for what, other in altered(content(document))}
    assert len(passed) > 40
    assert [what for what, did in passed.items() if did] == []


def test_nothing_can_be_added() -> None:
    assert refusal(json.dumps({**content(SIGNED[0]), "note": "also the backup"}).encode()) == (
        "altered"
    )


class Newer(DestructionCertificate):
    """As a later version may write it."""

    witness: str = "park"


def test_what_a_newer_version_added_is_signed_with_the_rest() -> None:
    file = body(SIGNER.sign(Newer.model_validate(certificate().model_dump(by_alias=True))))
    assert verify(file, KEY).tracking == certificate().tracking
    assert refusal(file.replace(b"park", b"lee")) == "altered"


def test_the_signature_of_one_document_is_none_of_another() -> None:
    first, second = content(SIGNED[0]), content(SIGNED[1])
    assert refusal(json.dumps({**first, "signature": second["signature"]}).encode()) == "altered"


def test_an_older_revision_cannot_pass_for_a_newer_one() -> None:
    first = content(SIGNER.sign(certificate()))
    assert refusal(json.dumps({**first, "revision": 2}).encode()) == "altered"


def test_anothers_signature_is_told_from_an_altered_file() -> None:
    forged = OTHER.sign(certificate())
    assert refusal(body(forged)) == "wrong_key"
    assert forged.signature
    claims = forged.model_copy(
        update={"signature": Signature(kid=KEY.kid, value=forged.signature.value)}
    )
    assert refusal(body(claims)) == "altered"
    assert verify(body(forged), OTHER.public_key) == forged


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "not_json"),
        (b"%PDF-1.7", "not_json"),
        (b"[]", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"schema": "dsr.receipt/1", "schema": "dsr.certificate/1"}', "not_json"),
        (b'{"schema": NaN}', "not_json"),
        (b"{}", "unknown_schema"),
        (b'{"schema": ["dsr.certificate/1"]}', "unknown_schema"),
        (b'{"schema": "dsr.certificate/2"}', "unknown_schema"),
        (b'{"schema": "dsr.certificate/1"}', "unsigned"),
        (b'{"schema": "dsr.certificate/1", "signature": null}', "unsigned"),
        (b'{"schema": "dsr.certificate/1", "signature": {"alg": "none"}}', "unsigned"),
        (b'{"schema": "dsr.certificate/1", "signature": {"alg": "Ed25519"}}', "wrong_key"),
    ],
)
def test_what_is_no_signed_document_is_told_so(file: bytes, code: str) -> None:
    assert refusal(file) == code


@pytest.mark.parametrize("value", [None, 1, "", "A", "A" * 86, "@" * 86, "가", ["A"]])
def test_a_signature_that_is_none_is_refused(value: Any) -> None:
    document = content(SIGNED[0])
    document["signature"]["value"] = value
    assert refusal(json.dumps(document).encode()) == "altered"


@pytest.mark.parametrize("number", ["1.5", "1e400", "9007199254740993"])
def test_a_number_that_is_never_signed_is_refused(number: str) -> None:
    file = body(SIGNED[0]).replace(b'"key_epoch": 7', f'"key_epoch": {number}'.encode())
    assert refusal(file) == "altered"


def test_a_signed_document_that_this_version_cannot_read_is_told_so() -> None:
    odd = SIGNER.sign(certificate().model_copy(update={"revision": 0}))
    assert refusal(body(odd)) == "unreadable"


def test_the_key_comes_back_from_its_files() -> None:
    for file in (KEY.pem(), json.dumps(KEY.jwk()).encode(), b"\n" + json.dumps(KEY.jwk()).encode()):
        assert PublicKey.parse(file).kid == KEY.kid
        assert verify(body(SIGNED[0]), PublicKey.parse(file)) == SIGNED[0]


def test_the_key_is_the_same_whatever_epoch_it_is() -> None:
    later = Signer(KeyFolder(bytes(32), {9: b"\x09" * 32}))
    assert later.public_key.kid == KEY.kid


def test_what_is_printed_of_the_key_is_not_its_private_half() -> None:
    assert b"PRIVATE" not in KEY.pem()
    assert KEY.jwk().keys() == {"kty", "crv", "x", "kid", "use", "alg"}


def test_any_other_tool_can_check_it() -> None:
    """Signature and key as RFC 8032, 8410 and 8785 have them, read here without our code."""
    document = content(SIGNED[1])
    value = document["signature"].pop("value")
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    key = load_pem_public_key(KEY.pem())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.urlsafe_b64decode(value + "=="), plain.encode())


def _pem(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"not a key",
        b"{",
        b"{}",
        b'{"kty": "OKP"}',
        b'{"kty": "OKP", "crv": "Ed25519", "x": "!!"}',
        b'{"kty": "OKP", "crv": "Ed25519", "x": "AA"}',
        b'{"kty": "OKP", "crv": "Ed25519", "x": 1}',
        b'{"kty": "oct", "k": "AAAA"}',
        _pem(x25519.X25519PrivateKey.generate()),
        _pem(ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_a_file_that_is_no_such_key_is_refused_by_name(file: bytes) -> None:
    with pytest.raises(NotVerified) as caught:
        PublicKey.parse(file)
    assert caught.value.code == "no_key"
