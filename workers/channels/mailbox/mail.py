"""A mail as far as anything is decided by it: text and names, nothing that could act."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent; never opened, never unpacked."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. Everything in it may be forged."""

    digest: str
    """Of what makes it this mail: the same one delivered again has the same."""
    message_id: str | None = None
    senders: tuple[str, ...] = field(default=(), repr=False)
    """Every address of every From header."""
    subject: str = field(default="", repr=False)
    sent_at: datetime | None = None
    references: tuple[str, ...] = ()
    """Ids of the mails that it answers, the nearest first."""
    automatic: str | None = None
    """Why no person sent it, if none did; a code."""
    authentication: str = field(default="", repr=False)
    """What the border server says of it: noted, never a proof."""
    text: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    left_out: int = 0
    """Attachments that were too many or too large to keep."""
    bounced: tuple[str, ...] = field(default=(), repr=False)
    """Addresses that a report says cannot be reached."""
    reported: tuple[str, ...] = ()
    """Ids of the mails that the report is about."""
    whole: bool = True
    """False where only its header could be read."""

    def to_json(self) -> bytes:
        """For the pipe between two processes."""
        content = asdict(self)
        content["sent_at"] = self.sent_at.isoformat() if self.sent_at else None
        content["attachments"] = [
            [one.name, b64encode(one.content).decode()] for one in self.attachments
        ]
        return json.dumps(content).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """What came through the pipe."""
        content: dict[str, Any] = json.loads(data)
        for name in ("senders", "references", "bounced", "reported"):
            content[name] = tuple(content[name])
        if content["sent_at"]:
            content["sent_at"] = datetime.fromisoformat(content["sent_at"])
        content["attachments"] = tuple(
            Attachment(name, b64decode(data)) for name, data in content["attachments"]
        )
        return cls(**content)
