"""What was looked at, and what every way to call a recipient shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workers.adapters.recipients.told import NOTICE_SCHEMA, dump

SECONDS: Final = 10.0
"""How long a call may take, as a worker's own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    advice: str = ""
    """What to do where it is not ok."""


def trial_notice(id_: str, public_url: str, **more: str) -> str:
    """A notice of the type `test`: it names nobody, and a recipient does nothing about it."""
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


def hint(code: str) -> str:
    """What a call that came to nothing tells whoever has to mend it."""
    known = {
        "timeout": "no answer within ten seconds: take the notice, answer, and do the work then",
        "connect_failed": "nothing listens there, or a firewall keeps us out",
        "name_not_found": "the name does not resolve",
        "tls_failed": "the certificate of the server is not good for that name",
        "broken_off": "the connection ended before the answer did",
        "address_forbidden": "the address is private or special; only public ones are called",
    }
    return known.get(code, code)
