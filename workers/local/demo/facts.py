"""What came of the requests, as `dsr requests list --json` tells it: the demo's result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.local.demo.errand import Played
from workers.local.demo.house import House
from workers.local.demo.mailbox import Letter
from workers.local.demo.programs import DSR
from workers.local.demo.receipts import receipts
from workers.local.demo.record import Flat


@dataclass(frozen=True, slots=True)
class Result:
    """One request from the outside: what was asked, the request, and the mail about it."""

    played: Played
    request: dict[str, Any]
    receipt: dict[str, Any]
    letters: tuple[Letter, ...]
    transports: Mapping[str, str]

    @property
    def is_deletion(self) -> bool:
        """Whether it left a certificate."""
        return self.request["certificate"] is not None

    def as_json(self) -> dict[str, Any]:
        """One entry of `requests` (CONTRACT: `dsr demo`)."""
        return {
            "tracking": self.played.tracking,
            "kind": self.request["kind"],
            "channel": self.request["channel"],
            "relation": self.request["relation"],
            "status": self.request["status"],
            "seconds": round(self.played.seconds, 2),
            "mails": len(self.letters),
            "notices": [
                {
                    "recipient": name,
                    "transport": self.transports[name],
                    "status": notice["status"],
                }
                for name, notice in self.request["notices"].items()
            ],
        }


@dataclass(frozen=True, slots=True)
class Demo:
    """What came of it; `before` and `after` are the first member's record."""

    results: list[Result]
    before: Flat
    after: Flat
    verified: str
    """What `dsr receipt verify` says of the certificate, with the public key alone."""
    wrong: list[str]
    """What is not as it must be; nothing, one hopes."""

    def as_json(self) -> dict[str, Any]:
        """What `dsr demo --json` prints."""
        requests = [result.as_json() for result in self.results]
        return {"requests": requests, "ok": not self.wrong}


async def results(house: House, played: Sequence[Played]) -> list[Result]:
    """Every request, in the order given."""
    listing = [*DSR, "requests", "list", "--json"]
    listed = json.loads(await house.programs.once(listing, environment=house.users.of("desk")))
    requests = {request["tracking"]: request for request in listed}
    issued = await receipts(house, [requests[one.tracking]["_id"] for one in played])
    letters = house.mailbox.letters()
    recipients = house.parts.datamap.recipients
    transports = {name: recipient.transport.kind for name, recipient in recipients.items()}
    return [
        Result(
            one,
            requests[one.tracking],
            issued[requests[one.tracking]["_id"]],
            tuple(letter for letter in letters if letter.tracking == one.tracking),
            transports,
        )
        for one in played
    ]
