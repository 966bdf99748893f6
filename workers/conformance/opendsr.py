"""A recipient told by OpenDSR 2.0: it describes itself, takes an erasure, and signs its answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from schemas.datamap import OpenDsrTransport
from schemas.errors import PutOff, Refused
from schemas.opendsr import read_status
from workers.adapters.recipients import certificates, signatures
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.recipients.told import dump
from workers.adapters.tokens import load_secret
from workers.conformance.finding import SECONDS, Finding, hint
from workers.settings import Settings


class OpenDsr:
    """One look at one such recipient."""

    def __init__(self, name: str, transport: OpenDsrTransport, settings: Settings) -> None:
        self._transport = transport
        self._secret = load_secret(settings.secrets, name, "out")
        self._certificate = certificates.load(settings.secrets, name)
        self._endpoint = Endpoint(transport.url, allow_private=settings.allow_private_recipients)
        self._public_url = settings.public_url.rstrip("/")
        self._id = str(uuid.uuid4())

    async def findings(self) -> list[Finding]:
        """Its certificate, its description, and its answers to an erasure of nobody."""
        domain = self._transport.signs_as
        why = certificates.fault(self._certificate, domain, datetime.now(UTC))
        made = [Finding(f"its certificate is good for {domain}", why is None, why or "")]
        try:
            made += self._discovery(await self._endpoint.get(SECONDS, below="/discovery"))
            made += self._signed("a request", 201, await self._request())
            status = await self._endpoint.get(SECONDS, below=f"/requests/{self._id}")
            made += self._signed("its status", 200, status)
        except PutOff as error:
            made.append(Finding("every call is answered", ok=False, advice=hint(error.code)))
        finally:
            self._endpoint.close()
        return made

    def _discovery(self, answer: Answer) -> Iterable[Finding]:
        try:
            said: Any = json.loads(answer.body or b"")
            types = set(said["supported_subject_request_types"])
            version, kinds = str(said["api_version"]), said["supported_identities"]
            known = {kind["identity_type"] for kind in kinds}
        except (ValueError, KeyError, TypeError):
            return [
                Finding(
                    "GET /discovery describes it",
                    ok=False,
                    advice="answer with api_version, supported_identities,"
                    " supported_subject_request_types and processor_certificate",
                )
            ]
        identity = self._transport.identity_type
        return [
            Finding("it speaks OpenDSR 2", version.startswith("2"), f"it says {version[:20]}"),
            Finding("it takes erasures", "erasure" in types, "list `erasure` among the types"),
            Finding(
                f"it knows people by {identity}",
                identity in known,
                "list it among supported_identities, or change identity_type in the data map",
            ),
        ]

    async def _request(self) -> Answer:
        body = dump(
            {
                "regulation": self._transport.regulation,
                "subject_request_id": self._id,
                "subject_request_type": "erasure",
                "submitted_time": datetime.now(UTC).isoformat(timespec="seconds"),
                "subject_identities": [
                    {
                        "identity_type": self._transport.identity_type,
                        "identity_value": f"test-{self._id}",
                        "identity_format": "raw",
                    }
                ],
                "api_version": "2.0",
            }
        )
        headers = signatures.sign(self._secret, self._id, body)
        headers["content-type"] = "application/json"
        return await self._endpoint.post(body.encode(), headers, SECONDS, below="/requests")

    def _signed(self, what: str, status: int, answer: Answer) -> Iterable[Finding]:
        body, transport = answer.body or b"", self._transport
        got = f"it answered {answer.status}"
        made = [Finding(f"{what} is answered {status}", answer.status == status, got)]
        try:
            certificates.verify(self._certificate, transport.signs_as, answer.headers, body)
        except certificates.NotGenuine as error:
            return [*made, Finding(f"the answer to {what} is signed", ok=False, advice=str(error))]
        try:
            said = read_status(body)
            ours = (said.controller_id, said.subject_request_id)
        except Refused:
            ours = ("", "")
        return [
            *made,
            Finding(
                f"the answer to {what} names controller and request",
                ours == (transport.controller_id, self._id),
                "repeat controller_id and subject_request_id as JSON",
            ),
        ]
