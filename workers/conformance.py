"""The conformance kit: test notices to one recipient, and what its engineers have to mend.

A test notice has the type `test` and names nobody: a recipient answers it like any other, and does
nothing. Beside the good one come those that it must refuse: they show whether it looks at all.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.base import parse
from schemas.datamap import AmqpTransport, OpenDsrTransport, Recipient, WebhookTransport
from schemas.errors import DsrError, PutOff, Refused
from schemas.notice import NoticeAnswer
from schemas.opendsr import read_status
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_publisher import ConfirmingPublisher
from workers.adapters.recipients import certificates, signatures
from workers.adapters.recipients.amqp import broker_url
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.recipients.told import NOTICE_SCHEMA, dump
from workers.adapters.tokens import load_secret
from workers.ports import Publication
from workers.settings import Settings

SECONDS: Final = 10.0
QUICK: Final = 5.0
"""An answer that takes longer leaves little of the ten seconds that a call has."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    advice: str = ""
    """What to do where it is not ok."""


async def check(name: str, recipient: Recipient, settings: Settings) -> list[Finding]:
    """Everything that can be looked at from here; sends test notices, and no personal data."""
    try:
        match recipient.transport:
            case WebhookTransport() as webhook:
                return await _Webhook(name, webhook.url, settings).findings()
            case AmqpTransport(queue=queue):
                return await _amqp(name, queue, settings)
            case OpenDsrTransport() as opendsr:
                return await _OpenDsr(name, opendsr, settings).findings()
    except DsrError as error:
        return [Finding("what is needed here to tell it", ok=False, advice=str(error))]
    return [Finding(f"told by {recipient.transport.kind}: nothing to check from here", ok=True)]


class _Webhook:
    def __init__(self, name: str, url: str, settings: Settings) -> None:
        self._secret = load_secret(settings.secrets, name, "out")
        self._endpoint = Endpoint(url, allow_private=settings.allow_private_recipients)
        self._id = str(uuid.uuid4())
        self._public_url = settings.public_url.rstrip("/")

    async def findings(self) -> list[Finding]:
        try:
            first = await self._reach()
            return first if not first[-1].ok else [*first, *await self._others()]
        finally:
            self._endpoint.close()

    async def _reach(self) -> list[Finding]:
        started = time.monotonic()
        try:
            answer = await self._send(_test(self._id, self._public_url))
        except PutOff as error:
            return [Finding("a notice arrives and is answered", ok=False, advice=_why(error.code))]
        took = time.monotonic() - started
        advice = f"it answered {answer.status}; a notice whose signature fits is answered 2xx"
        made = [Finding("a notice that is signed well is taken", _good(answer), advice)]
        if not made[-1].ok:
            return made
        slow = f"it took {took:.1f} s; take the notice into a queue, answer, and do it then"
        return [
            Finding("it is answered quickly", took < QUICK, slow),
            Finding(
                "its answer is empty, or says a status",
                _is_word(answer),
                'say nothing, or {"status": "acknowledged" | "applied" | "refused"} and, if you'
                " like, a reason; anything else counts as taken, and is never read",
            ),
            *made,
        ]

    async def _others(self) -> list[Finding]:
        body = _test(self._id, self._public_url)
        old = datetime.now(UTC) - timedelta(minutes=10)
        good = signatures.sign(self._secret, self._id, body)
        wrong = "check the signature over the raw body, before you parse it, with the secret"
        return [
            await self._expect(
                "the same notice again is taken as well",
                lambda: self._send(body),
                good=True,
                advice="a notice may come twice under one webhook-id: answer 2xx, do nothing",
            ),
            await self._expect(
                "a part of the body that it does not know disturbs nothing",
                lambda: self._send(_test(self._id, self._public_url, later="unknown")),
                good=True,
                advice="ignore what you do not know: a later version may say more",
            ),
            await self._expect(
                "an altered body is refused",
                lambda: self._post(body.replace('"test"', '"deletion"', 1), good),
                good=False,
                advice=f"{wrong}, and answer 401",
            ),
            await self._expect(
                "a notice of ten minutes ago is refused",
                lambda: self._send(body, old),
                good=False,
                advice="refuse a webhook-timestamp that is more than five minutes off: a replay",
            ),
            await self._expect(
                "a notice without a signature is refused",
                lambda: self._post(body, {}),
                good=False,
                advice=f"{wrong}, and answer 401 where there is none",
            ),
        ]

    async def _expect(
        self, what: str, call: Callable[[], Any], *, good: bool, advice: str
    ) -> Finding:
        try:
            answer: Answer = await call()
        except PutOff as error:
            return Finding(what, ok=False, advice=_why(error.code))
        ok = _good(answer) if good else 400 <= answer.status < 500
        return Finding(what, ok, f"it answered {answer.status}; {advice}")

    async def _send(self, body: str, at: datetime | None = None) -> Answer:
        return await self._post(body, signatures.sign(self._secret, self._id, body, at))

    async def _post(self, body: str, headers: dict[str, str]) -> Answer:
        headers = {**headers, "content-type": "application/json"}
        return await self._endpoint.post(body.encode(), headers, SECONDS)


async def _amqp(name: str, queue: str, settings: Settings) -> list[Finding]:
    url = broker_url(settings.secrets, name, settings.amqp_url)
    link = Link(url, f"dsr check {name}")
    id_ = str(uuid.uuid4())
    body = _test(id_, settings.public_url.rstrip("/"))
    headers = signatures.sign(load_secret(settings.secrets, name, "out"), id_, body)
    message = Publication(
        exchange=queue,
        routing_key="notice.test",
        body=body.encode(),
        mandatory=True,
        message_id=id_,
        headers=headers,
    )
    what = f"a test notice lies in the queue {queue}"
    try:
        await ConfirmingPublisher(link).publish(message)
    except DsrError as error:
        return [Finding(what, ok=False, advice=f"{error}; is {name}.amqp right?")]
    finally:
        await link.close()
    return [Finding(what, ok=True)]


class _OpenDsr:
    def __init__(self, name: str, transport: OpenDsrTransport, settings: Settings) -> None:
        self._transport = transport
        self._secret = load_secret(settings.secrets, name, "out")
        self._certificate = certificates.load(settings.secrets, name)
        self._endpoint = Endpoint(transport.url, allow_private=settings.allow_private_recipients)
        self._public_url = settings.public_url.rstrip("/")
        self._id = str(uuid.uuid4())

    async def findings(self) -> list[Finding]:
        domain = self._transport.signs_as
        why = certificates.fault(self._certificate, domain, datetime.now(UTC))
        made = [Finding(f"its certificate is good for {domain}", why is None, why or "")]
        try:
            made += self._discovery(await self._endpoint.get(SECONDS, below="/discovery"))
            made += self._signed("a request", 201, await self._request())
            status = await self._endpoint.get(SECONDS, below=f"/requests/{self._id}")
            made += self._signed("its status", 200, status)
        except PutOff as error:
            made.append(Finding("every call is answered", ok=False, advice=_why(error.code)))
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


def _test(id_: str, public_url: str, **more: str) -> str:
    return dump(
        {
            "schema": NOTICE_SCHEMA,
            "type": "test",
            "notice_id": id_,
            "sequence": 0,
            "subject": {"key": "test"},
            "fields": {},
            "ack_url": f"{public_url}/notices/{id_}/ack",
            **more,
        }
    )


def _good(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _is_word(answer: Answer) -> bool:
    if answer.body is None:
        return False
    if not answer.body.strip():
        return True
    try:
        parse(NoticeAnswer, answer.body)
    except Refused:
        return False
    return True


def _why(code: str) -> str:
    known = {
        "timeout": "no answer within ten seconds: take the notice, answer, and do the work then",
        "connect_failed": "nothing listens there, or a firewall keeps us out",
        "name_not_found": "the name does not resolve",
        "tls_failed": "the certificate of the server is not good for that name",
        "broken_off": "the connection ended before the answer did",
        "address_forbidden": "the address is private or special; only public ones are called",
    }
    return known.get(code, code)
