"""A processor written from the text of OpenDSR alone: takes requests, signs, answers, calls back.

It knows nothing of dsr-workers but the types that the data map's owner told it of.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.town.listening import served

DOMAIN = "opendsr.processor.example"
CONTROLLER = "smallmachines"


def certificate(
    key: rsa.RSAPrivateKey, domain: str = DOMAIN, days: tuple[int, int] = (-1, 30)
) -> x509.Certificate:
    """One that is good for the domain, and these days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, SHA256())
    )


def new_key() -> rsa.RSAPrivateKey:
    """As short as is still accepted: it is made for each test."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Processor:
    """Requests by their ids, and how each stands."""

    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        """Up to the version."""
        return f"http://127.0.0.1:{self.port}/v2"

    def write_certificate(self, file: Path) -> None:
        """What it hands over beforehand."""
        file.write_bytes(certificate(self.key).public_bytes(Encoding.PEM))

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of an answer or a callback."""
        signature = self.key.sign(body, padding.PKCS1v15(), SHA256())
        return {
            "X-OpenDSR-Processor-Domain": DOMAIN,
            "X-OpenDSR-Signature": base64.b64encode(signature).decode(),
        }

    async def discovery(self, _: Request) -> Response:
        """Section 6."""
        return self._answer(
            200,
            {
                "api_version": "2.0",
                "supported_identities": [
                    {"identity_type": "controller_customer_id", "identity_format": "raw"}
                ],
                "supported_subject_request_types": ["erasure", "dsr-workers:correction"],
                "processor_certificate": f"https://{DOMAIN}/cert.pem",
            },
        )

    async def create(self, request: Request) -> Response:
        """Section 7."""
        raw = await request.body()
        asked = json.loads(raw)
        self.requests[asked["subject_request_id"]] = asked
        self.statuses.setdefault(asked["subject_request_id"], "pending")
        return self._answer(
            201,
            {
                "controller_id": CONTROLLER,
                "expected_completion_time": _time(timedelta(days=3)),
                "received_time": _time(),
                "encoded_request": base64.b64encode(raw).decode(),
                "subject_request_id": asked["subject_request_id"],
            },
        )

    async def status(self, request: Request) -> Response:
        """Section 8."""
        return self._answer(200, self._status(request.path_params["id"]))

    async def call_back(self, id_: str, status: str) -> httpx.Response:
        """Section 8.5: the request has this status now."""
        self.statuses[id_] = status
        (url,) = self.requests[id_]["status_callback_urls"]
        body = json.dumps({**self._status(id_), "status_callback_url": url}).encode()
        headers = {**self.sign(body), "content-type": "application/json"}
        async with httpx.AsyncClient() as client:
            return await client.post(url, content=body, headers=headers)

    def _status(self, id_: str) -> dict[str, Any]:
        return {
            "controller_id": CONTROLLER,
            "expected_completion_time": _time(timedelta(days=3)),
            "subject_request_id": id_,
            "request_status": self.statuses[id_],
        }

    def _answer(self, status: int, said: dict[str, Any]) -> Response:
        body = json.dumps(said).encode()
        return Response(body, status, self.sign(body), media_type="application/json")


def _time(later: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) + later).isoformat(timespec="seconds")


@asynccontextmanager
async def processing() -> AsyncIterator[Processor]:
    """A processor that listens."""
    processor = Processor()
    app = Starlette(
        routes=[
            Route("/v2/discovery", processor.discovery),
            Route("/v2/requests", processor.create, methods=["POST"]),
            Route("/v2/requests/{id}", processor.status),
        ]
    )
    async with served(app) as port:
        processor.port = port
        yield processor
