"""The certificates by which processors of OpenDSR sign: agreed on beforehand, never fetched.

`<name>.pem` among the secrets holds it. A certificate that came with the call, or from where the
call says, would prove nothing but that somebody has one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from schemas.datamap import DataMap, OpenDsrTransport
from schemas.errors import DsrError, KeyFolderError

DOMAIN = "x-opendsr-processor-domain"
SIGNATURE = "x-opendsr-signature"
SMALLEST_RSA = 2048


class NotGenuine(DsrError):
    """Not signed by the processor whose certificate we hold."""

    code = "answer_not_genuine"
    retryable = True


def load(folder: Path, name: str) -> x509.Certificate:
    """The recipient's certificate; `KeyFolderError` where there is none that can be used."""
    file = folder / f"{name}.pem"
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        raise KeyFolderError(f"{file} holds no certificate (PEM).") from None


def fault(certificate: x509.Certificate, domain: str, now: datetime) -> str | None:
    """Why it must not be used for this domain now; None where it may."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return "it is not valid now"
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        domains = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        domains = []
    if domain not in domains:
        return f"it is not of {domain}"
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return None if key.key_size >= SMALLEST_RSA else "its key is too short"
    return None if isinstance(key, ec.EllipticCurvePublicKey) else "its key is neither RSA nor EC"


def verify(
    certificate: x509.Certificate, domain: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Returns if the body was signed by it in the name of this domain; else `NotGenuine`."""
    if headers.get(DOMAIN) != domain:
        raise NotGenuine("the processor's domain is not the one that was agreed on")
    if why := fault(certificate, domain, datetime.now(UTC)):
        raise NotGenuine(f"the certificate cannot be used: {why}")
    try:
        signature = base64.b64decode("".join(headers.get(SIGNATURE, "").split()), validate=True)
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, body, padding.PKCS1v15(), SHA256())
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey), "`fault` has looked"
            key.verify(signature, body, ec.ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        raise NotGenuine("the signature does not fit the body") from None


class Processors:
    """Whose callback this is, found by the domain that it names and by our certificates."""

    def __init__(self, datamap: DataMap, secrets: Path) -> None:
        self._secrets = secrets
        self._domains = dict(_domains(datamap))

    def who(self, headers: Mapping[str, str], body: bytes) -> frozenset[str]:
        """The recipients of that domain whose signature it is; all are tried."""
        return frozenset(
            name for name, domain in self._domains.items() if self._is(name, domain, headers, body)
        )

    def _is(self, name: str, domain: str, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            verify(load(self._secrets, name), domain, headers, body)
        except (NotGenuine, KeyFolderError):
            return False
        return True


def _domains(datamap: DataMap) -> Iterable[tuple[str, str]]:
    for name, recipient in datamap.recipients.items():
        if isinstance(recipient.transport, OpenDsrTransport):
            yield name, recipient.transport.signs_as
