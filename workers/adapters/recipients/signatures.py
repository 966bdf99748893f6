"""Standard Webhooks 1.0, both ways: what we send is signed, what comes back is checked.

The signed content is `<webhook-id>.<webhook-timestamp>.<body>`; here the id is the notice's, so an
acknowledgement made for one notice is none for another. Five minutes of clock difference are
tolerated, earlier or later.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

from schemas.errors import DsrError, KeyFolderError
from workers.adapters.tokens import load_secret

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
TOLERANCE = timedelta(minutes=5)


class BadSignature(DsrError):
    """Not signed by whoever holds this secret, or not within five minutes of now."""

    code = "bad_signature"


def by_this_machine() -> datetime:
    """The time for whoever has no database to ask."""
    return datetime.now(UTC)


def sign(secret: str, message_id: str, body: str, at: datetime | None = None) -> dict[str, str]:
    """The three headers that make this body a signed message, of now or of another moment."""
    at = at or by_this_machine()
    return {
        ID: message_id,
        TIMESTAMP: str(int(at.timestamp())),
        SIGNATURE: Webhook(secret).sign(message_id, at, body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Returns if the body was signed with this secret; `BadSignature` otherwise."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        # ValueError: not UTF-8, not base64, a signature without a version.
        raise BadSignature("the signature does not fit; sign as Standard Webhooks 1.0") from error


def verify_kept(
    secret: str, headers: Mapping[str, str], body: bytes, oldest: timedelta, now: datetime
) -> None:
    """The same of a message that lay in a queue: it may have been signed so long ago."""
    try:
        at = datetime.fromtimestamp(int(headers[TIMESTAMP]), UTC)
        expected = Webhook(secret).sign(headers[ID], at, body.decode())
        given = headers[SIGNATURE].split(" ")
    except (KeyError, ValueError, OverflowError, OSError) as error:
        raise BadSignature("it is not signed as Standard Webhooks 1.0") from error
    if not now - oldest <= at <= now + TOLERANCE:
        raise BadSignature("it was signed too long ago")
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
        raise BadSignature("the signature does not fit; sign as Standard Webhooks 1.0")


class Signers:
    """Who signed an acknowledgement, found by the recipients' own `in` secrets."""

    def __init__(self, secrets: Path, now: Callable[[], datetime] = by_this_machine) -> None:
        """`now`: by which clock a message that lay in a queue is too old."""
        self._secrets = secrets
        self._now = now

    def who(
        self, recipients: Iterable[str], headers: Mapping[str, str], body: bytes
    ) -> frozenset[str]:
        """Those recipients whose secret fits; all are tried, so time does not tell which did."""
        return frozenset(name for name in recipients if self._signed(name, headers, body))

    def by(
        self, recipient: str, headers: Mapping[str, str], body: bytes, *, oldest: timedelta
    ) -> bool:
        """Whether this one signed it, at most so long ago: a message may lie in a queue."""
        try:
            secret = load_secret(self._secrets, recipient, "in")
            verify_kept(secret, headers, body, oldest, self._now())
        except (BadSignature, KeyFolderError):
            return False
        return True

    def _signed(self, recipient: str, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            verify(load_secret(self._secrets, recipient, "in"), headers, body)
        except (BadSignature, KeyFolderError):
            return False
        return True
