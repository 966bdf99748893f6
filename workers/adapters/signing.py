"""Signatures of certificates and receipts: made with our own key, checked with its public half.

Ed25519 over the canonical JSON (RFC 8785) of the document, `signature` included without its
`value`. Whoever has the public key needs nothing else of ours: no server, no key folder.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from schemas.base import read_object
from schemas.errors import NotVerified, Refused
from schemas.evidence import (
    CERTIFICATE,
    RECEIPT,
    CompletionReceipt,
    DestructionCertificate,
    Document,
    Signature,
    content,
    signed_bytes,
)
from workers.adapters.vault import KeyHolder

_ALG: Final = "Ed25519"
_MODELS: Final[Mapping[str, type[Document]]] = {
    CERTIFICATE: DestructionCertificate,
    RECEIPT: CompletionReceipt,
}
_Signed = TypeVar("_Signed", DestructionCertificate, CompletionReceipt)


class PublicKey:
    """The key that checks what we signed; `kid` is its RFC 7638 thumbprint."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.raw = key.public_bytes_raw()
        self._jwk = OKPKey.import_key({"kty": "OKP", "crv": _ALG, "x": _text(self.raw)})
        self.kid = self._jwk.thumbprint()

    @classmethod
    def parse(cls, file: bytes) -> Self:
        """Read a PEM or a JWK, as `dsr receipt public-key` prints them."""
        try:
            read = OKPKey.import_key(json.loads(file) if file.lstrip()[:1] == b"{" else file)
            key = read.public_key
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise NotVerified(
                "no_key", "The key file holds no Ed25519 public key, neither as PEM nor as JWK."
            )
        return cls(key)

    def pem(self) -> bytes:
        """As a file that other tools read."""
        return self._jwk.as_pem(private=False)

    def jwk(self) -> dict[str, Any]:
        """As JSON."""
        return dict(self._jwk.as_dict(private=False, kid=self.kid, use="sig", alg=_ALG))

    def signed(self, signature: bytes, what: bytes) -> bool:
        """Whether the signature was made over these bytes with the private half."""
        try:
            self._key.verify(signature, what)
        except InvalidSignature:
            return False
        return True


class Signer:
    """Signs with a key derived from the key holder: it stays the same over all epochs."""

    def __init__(self, holder: KeyHolder) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(holder.derive("receipts"))
        self.public_key = PublicKey(self._key.public_key())

    def sign(self, document: _Signed) -> _Signed:
        """The document with its signature; whatever signature it had is replaced."""
        signature = Signature.model_validate(self.signed(document)["signature"])
        return document.model_copy(update={"signature": signature})

    def signed(self, document: Document) -> dict[str, Any]:
        """The same, as JSON has it."""
        named = document.model_copy(update={"signature": Signature(kid=self.public_key.kid)})
        made = content(named)
        made["signature"]["value"] = _text(self.over(signed_bytes(made)))
        return made

    def over(self, what: bytes) -> bytes:
        """The signature over these bytes, 64 bytes."""
        return self._key.sign(what)


def verify(body: bytes, key: PublicKey) -> Document:
    """What these bytes prove; `NotVerified` says why they prove nothing.

    1. They are one JSON object of a schema that we know. 2. It names this key. 3. Its signature is
    of everything in it. What is *not* checked: whether a later revision exists.
    """
    # 1. a document of ours
    try:
        document = read_object(body)
    except Refused:
        raise NotVerified(
            "not_json", "This is no certificate or receipt: not one JSON object."
        ) from None
    model = _MODELS.get(str(document.get("schema")))
    if model is None:
        raise NotVerified(
            "unknown_schema",
            "This is no certificate or receipt of a kind that this version knows"
            f" ({CERTIFICATE}, {RECEIPT}): check the file, or use a newer version.",
        )
    # 2. signed with this key
    signature = document.get("signature")
    if not isinstance(signature, dict) or signature.get("alg") != _ALG:
        raise NotVerified("unsigned", "It carries no Ed25519 signature: ask for the signed file.")
    if signature.get("kid") != key.kid:
        raise NotVerified(
            "wrong_key",
            f"It names another signing key than {key.kid}: give its issuer's public key with --key,"
            " or the file was altered.",
        )
    # 3. not altered since
    if not _genuine(document, signature.get("value"), key):
        raise NotVerified(
            "altered", "The signature does not fit: the file was altered after it was signed."
        )
    try:
        return model.model_validate(document)
    except ValidationError:
        raise NotVerified(
            "unreadable", "The signature is right, but a newer version wrote it: use that one."
        ) from None


def _genuine(document: Mapping[str, Any], value: object, key: PublicKey) -> bool:
    try:
        signature = base64.urlsafe_b64decode(f"{value}==")
        # Base64 has several spellings of the same bytes; ours has one.
        return _text(signature) == value and key.signed(signature, signed_bytes(document))
    except (binascii.Error, ValueError):
        return False


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
