"""Somebody at the door of the desk: one answer whatever is wrong, and no way around the code."""

from __future__ import annotations

import time
from dataclasses import replace

import pyotp

from schemas.review import Role
from tests.desk_site import PASSWORD, DeskSite, Person
from workers import web
from workers.adapters.rates import Rates
from workers.adapters.staff.accounts import MAX_TRIES
from workers.web.desk.door import NO_SOONER


async def sign_in(person: Person, name: str, password: str = PASSWORD, code: str = "") -> int:
    answer = await person.post("/login", name=name, password=password, code=code)
    return answer.status_code


async def enrolled(desk: DeskSite, role: Role = Role.AGENT) -> tuple[str, pyotp.TOTP]:
    """An account with its second factor, the code of the step before this one used up."""
    name = await desk.account(role)
    secret, _ = await desk.parts.second_factor.begin(name, "test")
    app = pyotp.TOTP(secret)
    await desk.parts.second_factor.confirm(name, app.at(int(time.time()) - 30))
    return name, app


async def test_a_first_login_leads_to_the_second_factor_and_nowhere_else(desk: DeskSite) -> None:
    name, person = await desk.account(Role.OFFICER), desk.stranger()
    assert await sign_in(person, name) == 303
    assert (await person.get("/")).headers["location"] == "/desk/second-factor"
    shown = await person.get("/second-factor")
    secret = shown.text.partition("<dd><code>")[2].partition("<")[0].replace(" ", "")
    assert f"secret={secret}" in shown.text
    before = person.client.cookies["desk"]
    wrong = await person.press("/second-factor", on="/second-factor", code="000000")
    assert wrong.status_code == 403
    code = pyotp.TOTP(secret).now()
    done = await person.press("/second-factor", on="/second-factor", code=code)
    assert done.status_code == 303
    assert (await person.get("/")).status_code == 200
    assert person.client.cookies["desk"] != before
    assert await desk.parts.sessions.of(before) is None


async def test_unknown_wrong_and_without_a_code_get_one_answer_after_one_time(
    desk: DeskSite,
) -> None:
    name, app = await enrolled(desk)
    answers, times = set(), []
    for who, password, code in (
        ("nobody", PASSWORD, ""),
        (name, "wrong", app.now()),
        (name, PASSWORD, ""),
        (name, PASSWORD, "00000000"),
    ):
        started = time.monotonic()
        answer = await desk.stranger().post("/login", name=who, password=password, code=code)
        times.append(time.monotonic() - started)
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert min(times) >= NO_SOONER


async def test_a_code_is_good_once(desk: DeskSite) -> None:
    name, app = await enrolled(desk)
    code = app.now()
    assert await sign_in(desk.stranger(), name, code=code) == 303
    assert await sign_in(desk.stranger(), name, code=code) == 403


async def test_guessing_the_code_with_the_right_password_locks_for_a_while(desk: DeskSite) -> None:
    name, app = await enrolled(desk)
    for _ in range(MAX_TRIES):
        assert await sign_in(desk.stranger(), name, code="000000") == 403
    assert await sign_in(desk.stranger(), name, code=app.now()) == 403
    found = await desk.town.ours["accounts"].find_one({"_id": name})
    assert found is not None and found["locked_until"] is not None


async def test_one_address_cannot_try_for_ever_and_locks_nobody_else_out(desk: DeskSite) -> None:
    rules = dict.fromkeys(("forms", "codes", "status", "links"), "")
    rules["logins"] = "2/15 minutes"
    rates = Rates(desk.parts.attempts, desk.parts.tokens.digest, rules, "")
    parts = replace(web.Parts.of(desk.parts), rates=rates)
    limited = DeskSite(desk.town, desk.parts, web.create_app(parts))
    name, app = await enrolled(desk)
    attacker = limited.stranger("203.0.113.9")
    assert await sign_in(attacker, name, "wrong") == 403
    assert await sign_in(attacker, "nobody") == 403
    pages = set()
    for who in (name, "nobody"):
        answer = await attacker.post("/login", name=who, password=PASSWORD, code=app.now())
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 900
        pages.add(answer.text)
    assert len(pages) == 1 and "Please wait a moment" in pages.pop()
    assert await sign_in(limited.stranger("203.0.113.10"), name, code=app.now()) == 303


async def test_another_site_cannot_have_somebody_signed_in(desk: DeskSite) -> None:
    name, app = await enrolled(desk)
    answer = await desk.stranger().client.post(
        "/desk/login",
        data={"name": name, "password": PASSWORD, "code": app.now()},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_the_secret_is_sealed_and_no_list_shows_it(desk: DeskSite) -> None:
    name, app = await enrolled(desk)
    found = await desk.town.ours["accounts"].find_one({"_id": name})
    assert app.secret not in str(found)
    officer = await desk.signed_in("choi")
    assert app.secret not in (await officer.get("/staff")).text
    (listed,) = [one for one in await desk.parts.accounts.list() if one["_id"] == name]
    assert listed.keys().isdisjoint({"password", "totp", "totp_pending"})
