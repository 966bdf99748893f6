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
    signed,
    staff,
    tasks,
)
from workers.web.desk.door import Door
from workers.web.desk.forms import SMALL, WITH_FILE
from workers.web.desk.guard import Endpoint, Guard
from workers.web.desk.sign_on import SignOn
from workers.web.limits import Limits
from workers.web.pages import Pages

AGENT, REVIEWER, OFFICER = Role.AGENT, Role.REVIEWER, Role.OFFICER
_CASE = "/requests/{tracking}"

PAGES: tuple[tuple[str, str, Role, Endpoint], ...] = (
    ("GET", "/", AGENT, queue.show),
    ("GET", _CASE, AGENT, case.show),
    ("GET", _CASE + "/mails/{name}", AGENT, case.mail),
    ("GET", _CASE + "/signed/{name}", AGENT, signed.file),
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


def desk_routes(parts: wiring.Parts, pages: Pages, limits: Limits) -> list[BaseRoute]:
    """What is mounted under /desk."""
    guard = Guard(parts, pages, parts.settings.public_url)
    return [
        *_ways_in(parts, pages, guard, limits),
        Route("/logout", guard.leave, methods=["POST"]),
        *(
            Route(
                path,
                guard.page(least, endpoint, most=WITH_FILE if path.endswith("/attach") else SMALL),
                methods=[method],
            )
            for method, path, least, endpoint in PAGES
        ),
    ]


def _ways_in(parts: wiring.Parts, pages: Pages, guard: Guard, limits: Limits) -> list[BaseRoute]:
    """By password and code, or by the company's login: never both."""
    if parts.single_sign_on is not None:
        sign_on = SignOn(parts, pages, guard, parts.single_sign_on)
        return [
            Route("/login", sign_on.ask, methods=["GET"]),
            Route("/sign-in", limits.on("logins", sign_on.begin), methods=["GET"]),
            Route("/signed-in", limits.on("logins", sign_on.back), methods=["GET"]),
            Route("/own", guard.page(AGENT, sign_on.own), methods=["GET"]),
        ]
    door = Door(parts, pages, guard)
    return [
        Route("/login", door.ask, methods=["GET"]),
        Route("/login", limits.on("logins", door.take), methods=["POST"]),
        Route("/second-factor", door.ask_factor, methods=["GET"]),
        Route("/second-factor", door.take_factor, methods=["POST"]),
        Route("/own", guard.page(AGENT, door.own), methods=["GET"]),
        Route("/own", guard.page(AGENT, door.change_password), methods=["POST"]),
    ]
