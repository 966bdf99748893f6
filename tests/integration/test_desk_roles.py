"""Each role against each page and each button: whoever may not is kept out, and nothing happens."""

from __future__ import annotations

import pytest

from schemas.review import Role
from tests.desk_site import QUESTION, DeskSite
from workers.web.desk.routes import PAGES

AGENTS, REVIEWERS, OFFICERS = {"park", "han", "choi"}, {"han", "choi"}, {"choi"}
MAY = {
    "GET /": AGENTS,
    "GET /requests/{tracking}": AGENTS,
    "GET /requests/{tracking}/mails/{name}": AGENTS,
    "GET /requests/{tracking}/signed/{name}": AGENTS,
    "POST /requests/{tracking}/note": AGENTS,
    "POST /requests/{tracking}/attach": AGENTS,
    "POST /requests/{tracking}/nothing-arrived": AGENTS,
    "POST /requests/{tracking}/pin": AGENTS,
    "POST /requests/{tracking}/reveal": REVIEWERS,
    "POST /requests/{tracking}/evidence": REVIEWERS,
    "POST /requests/{tracking}/preview": REVIEWERS,
    "POST /requests/{tracking}/decide": REVIEWERS,
    "GET /entry": AGENTS,
    "GET /entry/form": AGENTS,
    "POST /entry": AGENTS,
    "POST /code": AGENTS,
    "GET /tasks": AGENTS,
    "POST /tasks/reveal": AGENTS,
    "POST /tasks/print": AGENTS,
    "POST /tasks/done": AGENTS,
    "POST /tasks/confirmed": AGENTS,
    "GET /notices": AGENTS,
    "POST /notices/show": AGENTS,
    "POST /notices/settle": AGENTS,
    "GET /figures": AGENTS,
    "GET /parked": REVIEWERS,
    "POST /parked/{parked}/retry": REVIEWERS,
    "POST /parked/{parked}/drop": REVIEWERS,
    "GET /retention": OFFICERS,
    "GET /audit": OFFICERS,
    "POST /audit": OFFICERS,
    "GET /staff": OFFICERS,
    "POST /staff/{name}/disable": OFFICERS,
    "POST /staff/{name}/reset": OFFICERS,
}
OF_EVERYBODY = {"GET /own": AGENTS, "POST /own": AGENTS}
KEPT_OUT = "Your role may not see or do this."


@pytest.fixture(scope="module")
async def tracking(desk: DeskSite) -> str:
    return await desk.submitted(**QUESTION)


def address(page: str, tracking: str) -> str:
    """Of something that is there, or plainly is not, so that no button here does anything."""
    path = page.partition(" ")[2].replace("{tracking}", tracking)
    return path.replace("{name}", "nobody").replace("{parked}", "0" * 24)


def test_the_table_names_every_page() -> None:
    assert MAY.keys() == {f"{method} {path}" for method, path, _, _ in PAGES}


@pytest.mark.parametrize("page", MAY | OF_EVERYBODY)
@pytest.mark.parametrize("name", ["park", "han", "choi"])
async def test_each_role_against_each_page(
    desk: DeskSite, tracking: str, page: str, name: str
) -> None:
    person, path = await desk.signed_in(name), address(page, tracking)
    send = person.get if page.startswith("GET") else person.press
    answer = await send(path)
    assert answer.status_code < 500
    assert (KEPT_OUT in answer.text) == (name not in (MAY | OF_EVERYBODY)[page])
    if name not in (MAY | OF_EVERYBODY)[page]:
        assert answer.status_code == 403


@pytest.mark.parametrize("page", MAY | OF_EVERYBODY)
@pytest.mark.parametrize("complete", [None, False])
async def test_nobody_comes_in_without_a_session_or_with_half_of_one(
    desk: DeskSite, tracking: str, page: str, complete: bool | None
) -> None:
    person = desk.stranger()
    if complete is False:
        person = await desk.signed_in("lim", complete=False)
    path = address(page, tracking)
    answer = await (person.get(path) if page.startswith("GET") else person.post(path))
    assert answer.status_code == 303
    target = "/desk/login" if complete is None else "/desk/second-factor"
    assert answer.headers["location"] == target
    assert answer.text == ""


@pytest.mark.parametrize("page", [page for page in MAY | OF_EVERYBODY if page.startswith("POST")])
async def test_no_button_can_be_pressed_on_a_page_that_is_not_ours(
    desk: DeskSite, tracking: str, page: str
) -> None:
    person = await desk.signed_in("choi")
    for fields in ({}, {"csrf": "made-up"}, {"csrf": "한글"}):
        answer = await person.post(address(page, tracking), **fields)
        assert answer.status_code == 403
        assert "This page was too old" in answer.text


def test_an_officer_may_whatever_anybody_may() -> None:
    assert all("choi" in who for who in MAY.values())
    assert {least for _, _, least, _ in PAGES} == set(Role)
