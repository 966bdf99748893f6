"""People at the desk's door where the company's own login is the way in."""

from __future__ import annotations

from uuid import uuid4

import httpx

from schemas.review import Role
from tests.desk_site import DeskSite, Person
from tests.identity_provider import IdentityProvider

BACK = "/signed-in"


async def linked(door: DeskSite, provider: IdentityProvider, claim: str = "sub") -> str:
    """An account of whoever is signed in at the provider."""
    name = f"o{uuid4().hex[:8]}"
    assert door.parts.single_sign_on is not None
    login = door.parts.single_sign_on.login(provider.person[claim])
    await door.parts.accounts.add(name, Role.AGENT, None, "a test", login=login)
    return name


async def come_back(person: Person, **said: str) -> httpx.Response:
    return await person.client.get(f"/desk{BACK}", params=said, headers={"accept-language": "en"})


async def visited(person: Person, provider: IdentityProvider) -> dict[str, str]:
    sent = await person.get("/sign-in")
    assert sent.status_code == 303
    return provider.visited(sent.headers["location"])


def shut_out(answer: httpx.Response, person: Person) -> None:
    assert answer.status_code == 403
    assert "You were not signed in." in answer.text
    assert "desk" not in person.client.cookies
