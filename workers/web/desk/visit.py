"""One visit to one page of the desk: who comes, with what, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from schemas.request import Request as DataRequest
from schemas.review import DECIDERS, Role, Staff
from workers import wiring
from workers.desk.decisions import Desk
from workers.web.catalogues import marked
from workers.web.desk.timeline import Wording
from workers.web.desk.words import WORDS
from workers.web.pages import Pages

SAID: Final[Mapping[str, str]] = {
    "decided": marked("It is recorded."),
    "noted": marked("The note is kept."),
    "attached": marked("The evidence is kept, sealed."),
    "proven": marked("The code is right: the request goes on."),
    "asked": marked("It is recorded: a person looks for another way."),
    "settled": marked("It is recorded."),
    "retried": marked("The message was published again."),
    "dropped": marked("The message was dropped; who and why stays on record."),
    "password": marked("Your password is changed. Other sessions of yours have ended."),
    "disabled": marked("The account is disabled and signed out."),
    "reset": marked("The second factor is set up anew at the next login."),
}
"""What a page says after a button of it has done something."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is signed in, and whose role this page takes."""

    request: Request
    pages: Pages
    parts: wiring.Parts
    staff: Staff
    csrf: str
    form: FormData

    @property
    def desk(self) -> Desk:
        """What this account can decide with."""
        return Desk(self.parts, self.staff)

    @property
    def language(self) -> str:
        """In which this page is read."""
        return self.pages.language(self.request)

    @property
    def zone(self) -> ZoneInfo:
        """In which the desk tells the time."""
        return ZoneInfo(self.parts.settings.desk_zone)

    @property
    def wording(self) -> Wording:
        """What codes are called on this page."""
        return Wording(self.parts.datamap, self.pages.reader(self.request))

    def at(self, moment: datetime, *, seconds: bool = False) -> str:
        """Date and time in the desk's zone, with its name."""
        local = moment.astimezone(self.zone)
        return f"{local:%Y-%m-%d %H:%M:%S} {local:%Z}" if seconds else f"{local:%Y-%m-%d %H:%M %Z}"

    def last_day(self, record: DataRequest) -> str:
        """The last day of its legal time, by the days that the law counts."""
        clock = self.parts.house.tools.policy.clocks.named(record.profile)
        return clock.last_day(record.deadline).isoformat()

    def typed(self, name: str) -> str:
        """One field of the form, as it was typed."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def show(self, name: str, *, status: int = 200, **facts: Any) -> Response:
        """The page `templates/desk/<name>.html`."""
        return self.pages.show(
            self.request,
            f"desk/{name}",
            status=status,
            staff=self.staff,
            csrf=self.csrf,
            decides=self.staff.role in DECIDERS,
            officer=self.staff.role is Role.OFFICER,
            said=SAID.get(self.request.query_params.get("done", "")),
            now=self.parts.requests.now(),
            words=WORDS,
            wording=self.wording,
            at=self.at,
            last_day=self.last_day,
            **facts,
        )

    def go(self, path: str, done: str = "") -> Response:
        """To another page, after something was done."""
        target = self.pages.link(self.request, f"/desk{path}")
        if done:
            target += ("&" if "?" in target else "?") + f"done={done}"
        return RedirectResponse(target, 303)
