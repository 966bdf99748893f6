"""The table of all that can be asked: each kind, by each channel, for oneself and for a child.

Every row has a member of its own, so that all can be played at once. Who is reached how is part of
the row: by mail, or, where there is no address on file, by a call or a letter.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Literal
from uuid import uuid4

from tests.town.company import Company, company, new_address
from tests.town.newcomers import born

KINDS = ("access", "correction", "deletion", "restriction", "objection", "inquiry")
CHANNELS = ("web", "email", "phone", "post")
RELATIONS = ("self", "guardian")
MEMBERS = 60
"""The last twelve ask for nothing."""
OPERATOR = "park"
QUESTION = "주문 기록을 왜 보관합니까?"
Route = Literal["mail", "call", "letter"]

WITHOUT_MAIL: dict[tuple[str, str], tuple[Route, frozenset[str]]] = {
    ("phone", "self"): ("call", frozenset({"access", "correction", "deletion"})),
    ("phone", "guardian"): ("call", frozenset({"deletion", "restriction", "objection"})),
    ("post", "self"): ("letter", frozenset({"access", "correction", "objection"})),
    ("post", "guardian"): ("call", frozenset({"access"})),
}
"""Per channel and relation, which kinds are asked by somebody without a mail address on file."""


@dataclass(frozen=True)
class Row:
    """One member's request, and how the person is reached by what is on file."""

    number: int
    kind: str
    channel: str
    relation: str
    submission_id: str = field(default_factory=lambda: str(uuid4()), compare=False)

    @property
    def name(self) -> str:
        """How a test that fails is called."""
        return f"{self.kind}-{self.channel}-{self.relation}"

    @property
    def route(self) -> Route:
        """By what the contact on file is reached."""
        route, kinds = WITHOUT_MAIL.get((self.channel, self.relation), ("mail", frozenset()))
        return route if self.kind in kinds else "mail"

    @property
    def language(self) -> str:
        """Every second one is in English."""
        return ("ko", "en")[self.number % 2]

    @property
    def answered_by(self) -> Route:
        """How whoever asked is answered: by what the request gave."""
        return {"phone": "call", "post": "letter"}.get(self.channel, "mail")  # type: ignore[return-value]

    @property
    def operator(self) -> str | None:
        """Who types it in."""
        return OPERATOR if self.channel in {"phone", "post"} else None

    @property
    def words(self) -> dict[str, Route]:
        """Every word that is to be said, and how; whoever calls hears the code in the call."""
        said: dict[str, Route] = {}
        if self.channel != "phone":
            said["acknowledgement"] = self.answered_by
        if self.kind == "inquiry":
            return said | {"answer": self.answered_by}
        said |= {"challenge-1": self.route, "completion": self.route}
        return said | {"download-1": self.route} if self.kind == "access" else said

    def on_file(self, member: dict[str, Any]) -> str:
        """The contact on file, as whoever uses it reads it."""
        holder = member["guardian"] if self.relation == "guardian" else member
        if self.route == "mail":
            return str(holder["email"])
        if self.route == "letter":
            # As the data map's parts follow each other.
            return " ".join(member["profile"]["address"].values())
        return str(holder["phone"] if self.relation == "guardian" else holder["phones"]["mobile"])

    def requester(self, member: dict[str, Any]) -> dict[str, str]:
        """Who asks, and what the channel knows of where to answer."""
        guardian = self.relation == "guardian"
        holder = member["guardian"] if guardian else member
        who = {"relation": self.relation, "name": holder["name"]}
        match self.channel:
            case "phone":
                return who | {"phone": f"010-9999-{self.number:04d}" if not guardian
                              else holder["phone"]}  # fmt: skip
            case "post":
                return who | {"postal_address": f"부산광역시 중구 중앙대로 {self.number}"}
        # A guardian has to give the address that is on record; nobody else has to.
        return who | {
            "email": holder["email"] if guardian else f"row{self.number}@elsewhere.example"
        }

    def submission(self, member: dict[str, Any], now: datetime) -> dict[str, Any]:
        """What the channel publishes."""
        content: dict[str, Any] = {
            "schema": "dsr.submission/1",
            "submission_id": self.submission_id,
            "channel": self.channel,
            "submitted_at": now.isoformat(),
            "kind": self.kind,
            "language": self.language,
            "requester": self.requester(member),
            "subject": {"login_id": member["login"]["id"], "name": member["name"]},
        }
        match self.kind:
            case "correction":
                content["changes"] = [{"field": "home_address", "value": self.new_address}]
            case "restriction":
                content["fields"] = ["home_address", "hobbies"]
            case "objection":
                content["fields"] = ["marketing", "cookies"]
            case "inquiry":
                content["statement"] = QUESTION
        if self.operator:
            content["operator"] = self.operator
            content["received_at"] = (now - timedelta(days=2)).isoformat()
        return content

    @property
    def new_address(self) -> dict[str, str]:
        """What a correction asks for."""
        return new_address(self.number)


ROWS = tuple(
    Row(number, kind, channel, relation)
    for number, (relation, channel, kind) in enumerate(product(RELATIONS, CHANNELS, KINDS), 1)
)


def people() -> Company:
    """The sample company; each row's member is a child or an adult, with the right contacts."""
    made = deepcopy(company(MEMBERS))
    members = {member["_id"]: member for member in made["members"]}
    for row in ROWS:
        member = members[row.number]
        member["contact_since"] = {
            name: datetime.now(UTC).replace(microsecond=0) - timedelta(days=90)
            for name in ("email", "mobile")
        }
        if row.relation == "guardian":
            member["birth_date"] = born(7 + row.number % 6)
            member["guardian"] = {
                "name": f"이지호{row.number}",
                "relation": "father",
                "phone": f"010-2222-{row.number:04d}",
                **({"email": f"guardian{row.number}@mail.example"} if row.route == "mail" else {}),
            }
        elif row.route != "mail":
            del member["email"]
            if row.route == "letter":
                member["phones"] = {}
    return made
