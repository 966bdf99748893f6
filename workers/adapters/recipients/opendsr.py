"""A notice as an OpenDSR 2.0 request: we are the controller, the recipient is the processor.

A deletion is an `erasure` as the specification has it. What it does not know (correction,
restriction, its end, an objection) goes as a type of our own name, `dsr-workers:<type>`, with what
it says under `extensions`, in the processor's domain, by the name `dsr.notice/1`; a deletion has
that as well, for the names of the fields. The processor signs its answers and callbacks; ours are
signed as Standard Webhooks, since OpenDSR leaves to both sides how a controller proves itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from schemas.datamap import OpenDsrTransport
from schemas.errors import PutOff, Refused
from schemas.notice import NoticeKind
from schemas.opendsr import MEANS, ProcessorStatus, read_status
from workers.adapters.recipients import certificates, signatures
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.recipients.told import NOTICE_SCHEMA, content, dump
from workers.adapters.recipients.transport import Outgoing
from workers.adapters.recipients.webhook import result_of
from workers.ports import OutboundResult

VERSION: Final = "2.0"
ERASURE: Final = "erasure"
OURS: Final = "dsr-workers:"


def request_type(kind: NoticeKind) -> str:
    """The subject request type of a notice."""
    return ERASURE if kind == "deletion" else f"{OURS}{kind}"


def request_body(outgoing: Outgoing, transport: OpenDsrTransport) -> str:
    """The body of a request."""
    identity = {
        "identity_type": transport.identity_type,
        "identity_value": str(outgoing.told.key),
        "identity_format": "raw",
    }
    said = {name: value for name, value in content(outgoing.told).items() if name != "subject"}
    return dump(
        {
            "regulation": transport.regulation,
            "subject_request_id": outgoing.notice_id,
            "subject_request_type": request_type(outgoing.told.type),
            "submitted_time": _rfc3339(outgoing.asked_at),
            "subject_identities": [identity],
            "api_version": VERSION,
            "status_callback_urls": [callback_url(outgoing.public_url, outgoing.notice_id)],
            "extensions": {transport.signs_as: {NOTICE_SCHEMA: said}},
        }
    )


def callback_url(public_url: str, notice_id: str) -> str:
    """Where the processor tells us of a new status."""
    return f"{public_url}/opendsr/callbacks/{notice_id}"


class OpenDsr:
    """One processor."""

    def __init__(
        self, name: str, transport: OpenDsrTransport, secrets: Path, secret: str, *, private: bool
    ) -> None:
        self._name = name
        self._transport = transport
        self._secrets = secrets
        self._secret = secret
        self._endpoint = Endpoint(transport.url, allow_private=private)

    async def send(self, outgoing: Outgoing, seconds: float) -> OutboundResult:
        """`delivered` once its signed answer says that it has the request."""
        body = request_body(outgoing, self._transport)
        headers = signatures.sign(self._secret, outgoing.notice_id, body, outgoing.at)
        headers["content-type"] = "application/json"
        answer = await self._endpoint.post(body.encode(), headers, seconds, below="/requests")
        if not 200 <= answer.status < 300:
            return result_of(answer, outgoing.at)
        self._read(answer, outgoing.notice_id)
        return OutboundResult("delivered", seq=outgoing.told.seq)

    async def ask(self, notice_id: str, seconds: float) -> OutboundResult:
        """What its status endpoint says, signed as well."""
        answer = await self._endpoint.get(seconds, below=f"/requests/{notice_id}")
        if answer.status != 200:
            raise PutOff(f"http_{answer.status}")
        status = MEANS[self._read(answer, notice_id).request_status]
        return OutboundResult(status, "cancelled" if status == "refused" else "")

    async def close(self) -> None:
        """Drop the kept connections."""
        self._endpoint.close()

    def _read(self, answer: Answer, notice_id: str) -> ProcessorStatus:
        certificate = certificates.load(self._secrets, self._name)
        body = answer.body or b""
        try:
            certificates.verify(certificate, self._transport.signs_as, answer.headers, body)
            said = read_status(body)
        except (certificates.NotGenuine, Refused):
            raise PutOff("answer_not_genuine") from None
        ours = (self._transport.controller_id, notice_id)
        if (said.controller_id, said.subject_request_id) != ours:
            raise PutOff("answer_to_another_request")
        return said


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
