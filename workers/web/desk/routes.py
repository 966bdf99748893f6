"""Every page of the desk, with the role that it takes at least."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from schemas.review import Role
from workers import wiring
from workers.web.desk import (
    case,
    decide,
    entry,
    figures,
    house,
    notices,
    parked,
    queue,
    staff,
    tasks,
)
from workers.web.desk.door import Door
from workers.web.desk.forms import SMALL, WITH_FILE
from workers.web.desk.guard import Endpoint, Guard
from workers.web.pages import Pages

AGENT, REVIEWER, OFFICER = Role.AGENT, Role.REVIEWER, Role.OFFICER
_CASE = "/requests/{tracking}"

PAGES: tuple[tuple[str, str, Role, Endpoint], ...] = (
    ("GET", "/", AGENT, queue.show),
    ("GET", _CASE, AGENT, case.show),
    ("GET", _CASE + "/mails/{name}", AGENT, case.mail),
    ("POST", _CASE + "/note", AGENT, case.note),
    ("POST", _CASE + "/attach", AGENT, case.attach),
    ("POST", _CASE + "/nothing-arrived", AGENT, case.nothing_arrived),
    ("POST", _CASE + "/pin", AGENT, entry.new_pin),
    ("POST", _CASE + "/reveal", REVIEWER, case.reveal),
    ("POST", _CASE + "/evidence", REVIEWER, case.evidence),
    ("POST", _CASE + "/preview", REVIEWER, decide.preview),
    ("POST", _CASE + "/decide", REVIEWER, decide.decide),
    ("GET", "/entry", AGENT, entry.ask),
    ("GET", "/entry/form", AGENT, entry.form),
    ("POST", "/entry", AGENT, entry.take),
    ("POST", "/code", AGENT, entry.read_back),
    ("GET", "/tasks", AGENT, tasks.show),
    ("POST", "/tasks/reveal", AGENT, tasks.reveal),
    ("POST", "/tasks/print", AGENT, tasks.print_letter),
    ("POST", "/tasks/done", AGENT, tasks.done),
    ("POST", "/tasks/confirmed", AGENT, tasks.confirmed),
    ("GET", "/notices", AGENT, notices.show),
    ("POST", "/notices/show", AGENT, notices.reveal),
    ("POST", "/notices/settle", AGENT, notices.settle),
    ("GET", "/figures", AGENT, figures.show),
    ("GET", "/parked", REVIEWER, parked.show),
    ("POST", "/parked/{parked}/retry", REVIEWER, parked.retry),
    ("POST", "/parked/{parked}/drop", REVIEWER, parked.drop),
    ("GET", "/retention", OFFICER, house.retention),
    ("GET", "/audit", OFFICER, house.ask_audit),
    ("POST", "/audit", OFFICER, house.audit),
    ("GET", "/staff", OFFICER, staff.show),
    ("POST", "/staff/{name}/disable", OFFICER, staff.disable),
    ("POST", "/staff/{name}/reset", OFFICER, staff.reset),
)


def desk_routes(parts: wiring.Parts, pages: Pages) -> list[BaseRoute]:
    """What is mounted under /desk."""
    guard = Guard(parts, pages, parts.settings.public_url)
    door = Door(parts, pages, guard)
    return [
        Route("/login", door.ask, methods=["GET"]),
        Route("/login", door.take, methods=["POST"]),
        Route("/second-factor", door.ask_factor, methods=["GET"]),
        Route("/second-factor", door.take_factor, methods=["POST"]),
        Route("/logout", door.leave, methods=["POST"]),
        Route("/own", guard.page(AGENT, door.own), methods=["GET"]),
        Route("/own", guard.page(AGENT, door.change_password), methods=["POST"]),
        *(
            Route(
                path,
                guard.page(least, endpoint, most=WITH_FILE if path.endswith("/attach") else SMALL),
                methods=[method],
            )
            for method, path, least, endpoint in PAGES
        ),
    ]
