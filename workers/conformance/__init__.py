"""The conformance kit: test notices to one recipient, and what its engineers have to mend.

A test notice has the type `test` and names nobody: a recipient answers it like any other, and does
nothing. Beside the good one come those that it must refuse: they show whether it looks at all.
"""

from __future__ import annotations

from schemas.datamap import AmqpTransport, OpenDsrTransport, Recipient, WebhookTransport
from schemas.errors import DsrError
from workers.conformance import amqp
from workers.conformance.finding import Finding
from workers.conformance.opendsr import OpenDsr
from workers.conformance.webhook import Webhook
from workers.settings import Settings

__all__ = ["Finding", "check"]


async def check(name: str, recipient: Recipient, settings: Settings) -> list[Finding]:
    """Everything that can be looked at from here; sends test notices, and no personal data."""
    try:
        match recipient.transport:
            case WebhookTransport() as webhook:
                return await Webhook(name, webhook.url, settings).findings()
            case AmqpTransport(queue=queue):
                return await amqp.findings(name, queue, settings)
            case OpenDsrTransport() as opendsr:
                return await OpenDsr(name, opendsr, settings).findings()
    except DsrError as error:
        return [Finding("what is needed here to tell it", ok=False, advice=str(error))]
    return [Finding(f"told by {recipient.transport.kind}: nothing to check from here", ok=True)]
