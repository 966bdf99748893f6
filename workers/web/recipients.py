"""A recipient's own page: its open notices, to be read and settled by a person there.

1. The link of the mail (or the one that our desk hands over) shows a button, and does nothing else.
2. The button has a code sent to the recipient's address on the map; what is shown does not depend
   on whether the link was right.
3. The code, once and within a quarter of an hour, opens the list for half an hour: each notice with
   what it says at this moment. That it was shown is on record before.
4. Settling one needs the session that the code opened, which the page itself carries: no cookie, so
   nothing that another page could make a browser send.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, Literal, get_args

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from schemas.actors import of_recipient
from schemas.datamap import DataMap, MailTransport, TaskTransport
from schemas.notice import NoticeKind
from workers.notices import Notices, OpenNotice, Said
from workers.runtime import log
from workers.runtime.house import House
from workers.web.bodies import read_form
from workers.web.catalogues import marked
from workers.web.pages import Pages
from workers.web.parts import Doors, Postman
from workers.web.waiting import Hold

LARGEST: Final = 16 * 1024
CODE_LASTS: Final = timedelta(minutes=15)
SESSION_LASTS: Final = timedelta(minutes=30)
Status = Literal["acknowledged", "applied", "refused"]


ASKED: Final[Mapping[NoticeKind, str]] = {
    "correction": marked("Please correct it to these values"),
    "deletion": marked("Please delete what you have from us about this person"),
    "restriction": marked("Please stop using these items"),
    "restriction_lifted": marked("You may use these items again"),
    "objection": marked("Please stop using data of this person for these purposes"),
}
"""What a notice asks the recipient to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """One open notice."""

    id: str
    tracking: str
    about: NoticeKind
    key: str | None
    """What the recipient knows the person by; None where nothing may be shown now."""
    rows: tuple[tuple[str, str | None], ...]
    withheld: tuple[str, ...]
    acknowledged: bool
    late: bool
    due: datetime | None


@dataclass(frozen=True, slots=True)
class _Visit:
    """Who the address says that this is; nobody has proven it."""

    name: str
    address: str
    language: str


class RecipientPages:
    """The two endpoints."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a page of its own works with
        self,
        house: House,
        datamap: DataMap,
        notices: Notices,
        doors: Doors,
        post: Postman,
        pages: Pages,
    ) -> None:
        self._house = house
        self._datamap = datamap
        self._notices = notices
        self._doors = doors
        self._post = post
        self._pages = pages

    async def ask(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "recipients/ask")

    async def take(self, request: Request) -> Response:
        """With nothing a code by mail; with a code the list; with a session what was decided."""
        hold = Hold()
        form, visit = await read_form(request, LARGEST), self._visit(request)
        answer: Response | None = None
        if visit is not None and "session" in form:
            answer = await self._decide(request, visit, form)
        elif visit is not None and "code" in form:
            answer = await self._open(request, visit, form["code"])
        elif visit is not None:
            # Beside this answer: how long a mail server takes must not tell whether there was one.
            self._house.later(self._send(visit))
        await hold.over()
        if answer is not None:
            return answer
        over = {"session": "over", "code": "wrong"}
        page = next((page for name, page in over.items() if name in form), "code")
        return self._pages.show(request, f"recipients/{page}")

    def _visit(self, request: Request) -> _Visit | None:
        """The recipient, where the link is its own and the map has an address of a person."""
        name, token = request.path_params["name"], request.path_params["token"]
        recipient = self._datamap.recipients.get(name)
        is_right = self._house.tools.tokens.matches(token, self._post.token(name))
        if recipient is None or recipient.reached_at is None or not is_right:
            return None
        transport = recipient.transport
        language = transport.language if isinstance(transport, MailTransport) else "ko"
        return _Visit(name, recipient.reached_at, language)

    async def _send(self, visit: _Visit) -> None:
        try:
            made = await self._doors.new_code(visit.name, CODE_LASTS)
            if made is not None:
                number, at = made
                await self._post.send_code(
                    visit.address,
                    visit.language,
                    self._code(visit.name, number),
                    number=number,
                    name=visit.name,
                    at=at,
                )
        except Exception as error:  # noqa: BLE001 - the visitor can press the button again
            log.failure("code_not_sent", error, recipient=visit.name)

    async def _open(self, request: Request, visit: _Visit, typed: str) -> Response | None:
        number = await self._doors.count_try(visit.name)
        if number is None:
            return None
        if not self._house.tools.tokens.matches(typed, self._code(visit.name, number)):
            return None
        session = secrets.token_urlsafe(16)
        if not await self._doors.open_door(visit.name, number, _digest(session), SESSION_LASTS):
            return None
        return await self._list(request, visit, session)

    async def _decide(
        self, request: Request, visit: _Visit, form: Mapping[str, str]
    ) -> Response | None:
        session, status = form["session"], form.get("status", "")
        if not await self._doors.is_open(visit.name, _digest(session)):
            return None
        if (decided := _status(status)) is not None:
            by, notice = of_recipient(visit.name), form.get("notice", "")
            reason = form.get("reason", "").replace("\r\n", "\n") if decided == "refused" else ""
            # A reason that is not text settles nothing: the page is shown as it was.
            with contextlib.suppress(ValidationError):
                await self._notices.settle(notice, visit.name, decided, by, reason)
        return await self._list(request, visit, session)

    async def _list(self, request: Request, visit: _Visit, session: str) -> Response:
        by = of_recipient(visit.name)
        found = await self._notices.open(visit.name)
        say = self._pages.reader(request).say
        clocks = self._house.tools.policy.clocks
        zone = clocks.chosen(self._house.tools.policy.default_language).zone
        items = [_item(one, await self._notices.show(one, by), say, zone) for one in found]
        recipient = self._datamap.recipients[visit.name]
        transport = recipient.transport
        hint = transport.instructions if isinstance(transport, TaskTransport) else None
        language = self._pages.language(request)
        return self._pages.show(
            request,
            "recipients/list",
            session=session,
            items=items,
            asked=ASKED,
            recipient=recipient.label.text(language),
            hint=hint.text(language) if hint else None,
        )

    def _code(self, name: str, number: int) -> str:
        return self._house.tools.tokens.code(f"recipient {name}", number, "page")


def _item(notice: OpenNotice, said: Said | None, say: Callable[[str], str], zone: tzinfo) -> Item:
    """A notice as the page shows it; `said` is None where it cannot be told now."""
    rows: list[tuple[str, str | None]] = []
    if said is not None and isinstance(said.fields, Mapping):
        rows = [(name, _text(value, say)) for name, value in said.fields.items()]
    elif said is not None:
        rows = [(name, None) for name in said.fields or said.purposes]
    return Item(
        id=notice.id,
        tracking=notice.tracking,
        about=notice.about,
        key=str(said.key) if said is not None else None,
        rows=tuple(rows),
        withheld=tuple(said.withheld) if said is not None else (),
        acknowledged=notice.status == "acknowledged",
        late=notice.late,
        due=notice.due.astimezone(zone) if notice.due else None,
    )


def _text(value: Any, say: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "\n".join(f"{say(name)}: {_text(part, say)}" for name, part in value.items() if part)
    if isinstance(value, list | tuple):
        return ", ".join(_text(part, say) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _status(text: str) -> Status | None:
    return next((known for known in get_args(Status) if known == text), None)


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode(errors="replace")).hexdigest()
