"""What becomes of a form: the submission, and the draft that carries it over the review page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import uuid4

from schemas.base import parse
from schemas.datamap import DataMap
from schemas.errors import Refused
from schemas.submission import Submission
from workers.web.asking.form import Wish
from workers.web.asking.slots import correctable, value_of
from workers.web.bodies import Typed
from workers.web.pages import Reader
from workers.web.parts import Drafts

_PURPOSE: Final = "request"


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that is filled in without fault. It names its submission: sent twice, it is one."""

    wish: Wish
    typed: Typed
    body: dict[str, Any]

    def seal(self, drafts: Drafts) -> str:
        """The hidden field."""
        wish = [self.wish.kind, self.wish.child, self.wish.fields]
        content = {"wish": wish, "typed": self.typed.multi_items(), "body": self.body}
        return drafts.seal(_PURPOSE, json.dumps(content, ensure_ascii=False).encode())

    @classmethod
    def open(cls, sealed: str, drafts: Drafts) -> tuple[Self, bool] | None:
        """The draft, and whether it can still be sent."""
        opened = drafts.open(_PURPOSE, sealed)
        if opened is None:
            return None
        content = json.loads(opened[0])
        kind, child, fields = content["wish"]
        wish = Wish(kind, child, tuple(fields))
        typed = Typed([(name, value) for name, value in content["typed"]])
        return cls(wish, typed, content["body"]), opened[1]

    def again(self, now: datetime) -> Self:
        """The same wish under an id and a time of its own."""
        fresh = {"submission_id": str(uuid4()), "submitted_at": now.isoformat()}
        return type(self)(self.wish, self.typed, {**self.body, **fresh})


def draft(
    wish: Wish, typed: Typed, datamap: DataMap, reader: Reader, now: datetime
) -> Draft | None:
    """The submission that the form comes to; None where the whole is wrong and no part of it."""

    def of(name: str) -> str:
        return str(typed.get(name, "")).strip()

    body: dict[str, Any] = {
        "schema": "dsr.submission/1",
        "submission_id": str(uuid4()),
        "channel": "web",
        "submitted_at": now.isoformat(),
        "kind": wish.kind,
        "language": reader.language,
        "requester": _given(
            relation="guardian" if wish.child else "self",
            name=of("requester_name"),
            email=of("requester_email"),
            phone=of("requester_phone"),
        ),
        "subject": _child(of) if wish.child else _self(of),
    }
    statement = of("statement").replace("\r\n", "\n")
    if wish.kind == "correction":
        known = correctable(datamap)
        body["changes"] = [
            {
                "field": name,
                "value": value_of(name, known[name].value, lambda one: str(typed.get(one, ""))),
            }
            for name in wish.fields
        ]
        told = [
            f"{known[name].label.text(reader.language)}: {reader.say('Now')} {now_}"
            for name in wish.fields
            if (now_ := of(f"now.{name}"))
        ]
        statement = "\n".join([*told, statement]).strip()
    elif chosen := typed.getlist("chosen"):
        body["fields"] = list(dict.fromkeys(chosen))
    if statement:
        body["statement"] = statement[:4000]
    try:
        parse(Submission, json.dumps(body).encode())
    except Refused:
        return None
    return Draft(wish, typed, body)


def _self(of: Callable[[str], str]) -> dict[str, str]:
    given = _given(login_id=of("login_id"), email=of("record_email"), phone=of("record_phone"))
    return given or {"email": of("requester_email")}


def _child(of: Callable[[str], str]) -> dict[str, str]:
    return _given(
        name=of("child_name"),
        login_id=of("child_login_id"),
        email=of("child_email"),
        birth_date=of("child_birth_date"),
    )


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
