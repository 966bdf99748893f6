"""A recipient told by a queue of its own: a test notice can be put there."""

from __future__ import annotations

import uuid

from schemas.errors import DsrError
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_publisher import ConfirmingPublisher
from workers.adapters.recipients import signatures
from workers.adapters.recipients.amqp import broker_url
from workers.adapters.tokens import load_secret
from workers.conformance.finding import Finding, trial_notice
from workers.ports import Publication
from workers.settings import Settings


async def findings(name: str, queue: str, settings: Settings) -> list[Finding]:
    """One test notice, which the broker says lies there; whoever reads it is not seen from here."""
    url = broker_url(settings.secrets, name, settings.amqp_url)
    link = Link(url, f"dsr check {name}")
    id_ = str(uuid.uuid4())
    body = trial_notice(id_, settings.public_url.rstrip("/"))
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
