"""A session that somebody took, or that should have ended: it opens nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.responses import Response

from schemas.review import Role
from tests.desk_site import PASSWORD, DeskSite
from workers.adapters.mongo import server_time
from workers.adapters.staff.sessions import IDLE, LONGEST
from workers.web.desk.guard import Guard
from workers.web.pages import Pages


async def test_a_session_ends_with_the_logout_also_for_a_copy_of_its_cookie(
    desk: DeskSite,
) -> None:
    person, thief = await desk.signed_in("park"), desk.stranger()
    thief.client.cookies.update(person.client.cookies)
    assert (await thief.get("/")).status_code == 200
    await person.press("/logout")
    assert (await thief.get("/")).headers["location"] == "/desk/login"


async def test_a_session_ends_when_its_account_is_disabled(desk: DeskSite) -> None:
    name = await desk.account(Role.OFFICER)
    person, officer = await desk.signed_in(name), await desk.signed_in("choi")
    await officer.press(f"/staff/{name}/disable")
    assert (await person.get("/")).headers["location"] == "/desk/login"


async def test_a_new_password_and_a_new_second_factor_end_every_other_session(
    desk: DeskSite,
) -> None:
    name = await desk.account(Role.AGENT)
    person, other = await desk.signed_in(name), await desk.signed_in(name)
    changed = await person.press("/own", old=PASSWORD, new="another long password")
    assert changed.status_code == 303
    assert (await person.get("/")).status_code == 200
    assert (await other.get("/")).status_code == 303
    await (await desk.signed_in("choi")).press(f"/staff/{name}/reset")
    assert (await person.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("field", "age"), [("used_at", IDLE), ("ends_at", timedelta(0)), ("ends_at", LONGEST)]
)
async def test_a_session_ends_by_itself(desk: DeskSite, field: str, age: timedelta) -> None:
    person = await desk.signed_in("lim")
    now = await server_time(desk.town.ours)  # which sessions go by, and no estimate of it
    await desk.town.ours["sessions"].update_many({"account": "lim"}, {"$set": {field: now - age}})
    assert (await person.get("/")).headers["location"] == "/desk/login"


async def test_what_lies_in_the_database_is_no_cookie(desk: DeskSite) -> None:
    person = await desk.signed_in("park")
    stored = await desk.town.ours["sessions"].find_one({"account": "park"})
    assert stored is not None
    thief = desk.stranger()
    thief.client.cookies.set("desk", stored["_id"], domain="desk.test")
    assert (await thief.get("/")).status_code == 303
    assert person.client.cookies["desk"] not in str(stored)


async def test_nobody_shuts_themselves_out(desk: DeskSite) -> None:
    officer = await desk.signed_in("choi")
    assert (await officer.press("/staff/choi/disable")).status_code == 403
    assert (await officer.get("/staff")).status_code == 200


async def test_the_cookie_is_for_this_host_alone_where_there_is_https(desk: DeskSite) -> None:
    pages = Pages(desk.parts.datamap.organisation, "https://privacy.shop.example", "ko")
    answer = Response()
    guard = Guard(desk.parts, pages, "https://privacy.shop.example")
    await guard.sign_in(answer, "lim", complete=True)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-desk=")
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
