"""The desk's door where the company's own login is the way in: who comes back, and who does not."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from schemas.errors import NotAllowed, SettingsError
from schemas.review import Role
from tests.desk_site import PASSWORD, DeskSite
from tests.identity_provider import CLIENT, Claims, IdentityProvider, other, rsa_key
from tests.sign_on import come_back, linked, shut_out, visited
from workers.adapters.staff import Client
from workers.adapters.staff.provider import Provider


async def test_whoever_has_an_account_comes_in_and_out_again(
    door: DeskSite, provider: IdentityProvider
) -> None:
    name, person = await linked(door, provider), door.stranger()
    assert (await person.get("/")).headers["location"] == "/desk/login"
    page = await person.get("/login")
    assert 'href="/desk/sign-in"' in page.text and "password" not in page.text
    answer = await come_back(person, **await visited(person, provider))
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/")
    own = await person.get("/own")
    assert name in own.text and "password" not in own.text
    (redeemed,) = provider.redeemed
    assert redeemed["client_id"] == CLIENT and "client_secret" not in redeemed
    assert (await person.press("/logout")).status_code == 303
    assert (await person.get("/")).headers["location"] == "/desk/login"


async def test_the_role_is_ours_and_an_account_that_is_disabled_is_out_at_once(
    door: DeskSite, provider: IdentityProvider
) -> None:
    provider.person |= {"role": "officer", "groups": ["officer"]}
    name, person = await linked(door, provider), door.stranger()
    await come_back(person, **await visited(person, provider))
    assert (await person.get("/staff")).status_code == 403
    await door.parts.accounts.disable(name, "a test")
    assert (await person.get("/")).headers["location"] == "/desk/login"
    again = door.stranger()
    shut_out(await come_back(again, **await visited(again, provider)), again)


async def test_password_and_code_open_nothing_while_it_is_on(
    door: DeskSite, desk: DeskSite, provider: IdentityProvider
) -> None:
    name = await desk.account(Role.OFFICER)
    answer = await door.stranger().post("/login", name=name, password=PASSWORD)
    assert answer.status_code in {404, 405}
    before = await door.signed_in("choi")
    assert (await before.get("/")).headers["location"] == "/desk/login"
    assert (await before.get("/second-factor")).status_code == 404
    # And a session of the other kind is none once it is off.
    person = door.stranger()
    await linked(door, provider)
    await come_back(person, **await visited(person, provider))
    elsewhere = desk.stranger()
    elsewhere.client.cookies.set("desk", person.client.cookies["desk"], domain="desk.test")
    assert (await elsewhere.get("/")).headers["location"] == "/desk/login"


async def test_an_account_without_a_password_proves_itself_by_none(
    door: DeskSite, provider: IdentityProvider
) -> None:
    name = await linked(door, provider)
    for password in ("", "nobody's password", PASSWORD):
        with pytest.raises(NotAllowed):
            await door.parts.accounts.prove(name, password)


async def test_a_key_that_the_provider_changed_to_is_found(
    door: DeskSite, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(door, provider)
    person = door.stranger()
    provider.sign = lambda self, claims: self.jws(claims, "ES256")
    assert (await come_back(person, **await visited(person, provider))).status_code == 303
    provider.rsa, provider.sign = rsa_key("r2"), None
    monkeypatch.setattr("workers.adapters.staff.provider.AGAIN", 0.0)
    assert (await come_back(person, **await visited(person, provider))).status_code == 303
    assert provider.keys_asked == 2


async def test_the_way_back_is_good_for_this_browser_and_once(
    door: DeskSite, provider: IdentityProvider
) -> None:
    provider.forgetful = True
    await linked(door, provider)
    person, other_browser = door.stranger(), door.stranger()
    said = await visited(person, provider)
    shut_out(await come_back(other_browser, **said), other_browser)
    kept = person.client.cookies["desk-way"]
    assert (await come_back(person, **said)).status_code == 303
    assert "desk-way" not in person.client.cookies
    thief = door.stranger()
    thief.client.cookies.set("desk-way", kept, domain="desk.test")
    shut_out(await come_back(thief, **said), thief)
    assert len(provider.redeemed) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "x"},
        {"state": ""},
        {"iss": "https://evil.example"},
        {"code": ""},
        {"code": "made-up"},
        {"error": "access_denied"},
    ],
    ids=str,
)
async def test_another_state_issuer_or_code_signs_nobody_in(
    door: DeskSite, provider: IdentityProvider, wrong: dict[str, str]
) -> None:
    await linked(door, provider)
    person = door.stranger()
    shut_out(await come_back(person, **{**await visited(person, provider), **wrong}), person)


async def test_a_code_of_another_visit_signs_nobody_in(
    door: DeskSite, provider: IdentityProvider
) -> None:
    """Whoever slips a stranger's code into somebody's way back: the verifier does not fit it."""
    await linked(door, provider)
    attacker, victim = door.stranger(), door.stranger()
    theirs, ours = await visited(attacker, provider), await visited(victim, provider)
    shut_out(await come_back(victim, **{**ours, "code": theirs["code"]}), victim)


async def test_somebody_who_took_too_long_begins_again(
    door: DeskSite, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(door, provider)
    person = door.stranger()
    monkeypatch.setattr(
        "workers.adapters.staff.single_sign_on.ON_THE_WAY", -door.parts.house.tools.policy.grace
    )
    shut_out(await come_back(person, **await visited(person, provider)), person)


async def test_nothing_that_comes_back_says_where_it_leads(
    door: DeskSite, provider: IdentityProvider
) -> None:
    await linked(door, provider)
    person = door.stranger()
    evil = "https://evil.example/"
    more = {"next": evil, "redirect_uri": evil, "target_link_uri": evil, "lang": f"en&//{evil}"}
    answer = await come_back(person, **await visited(person, provider), **more)
    assert answer.headers["location"] == "/desk/"


async def test_another_site_sends_nobody_on_the_way(door: DeskSite) -> None:
    answer = await door.stranger().client.get(
        "/desk/sign-in", headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("claim", ["email"])
async def test_an_address_counts_only_where_the_provider_has_verified_it(
    door: DeskSite, provider: IdentityProvider
) -> None:
    address = f"Park.{uuid4().hex[:8]}@Company.example"
    provider.person |= {"email": address}
    await linked(door, provider, "email")
    for said in ({}, {"email_verified": False}, {"email_verified": "true"}):
        provider.alter = other(**said)
        person = door.stranger()
        shut_out(await come_back(person, **await visited(person, provider)), person)
    provider.alter = other(email=address.lower(), email_verified=True)
    person = door.stranger()
    assert (await come_back(person, **await visited(person, provider))).status_code == 303


async def test_a_login_is_of_one_account_and_linking_ends_its_sessions(
    door: DeskSite, provider: IdentityProvider
) -> None:
    first = await linked(door, provider)
    assert door.parts.single_sign_on is not None
    login = door.parts.single_sign_on.login(provider.person["sub"])
    with pytest.raises(NotAllowed, match="another account is linked"):
        await linked(door, provider)
    with pytest.raises(NotAllowed, match="another account is linked"):
        await door.parts.accounts.link("park", login)
    with pytest.raises(NotAllowed, match="take another"):
        await door.parts.accounts.add(first, Role.AGENT, None, "a test")
    person = door.stranger()
    await come_back(person, **await visited(person, provider))
    await door.parts.accounts.link(first, replace(login, value="u-18"))
    assert (await person.get("/")).headers["location"] == "/desk/login"


async def test_while_the_provider_is_away_the_page_says_so(
    door: DeskSite, provider: IdentityProvider
) -> None:
    provider.down = True
    answer = await door.stranger().get("/sign-in")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
    ids=str,
)
async def test_a_description_that_leads_elsewhere_is_not_followed(
    door: DeskSite, provider: IdentityProvider, described: Claims
) -> None:
    provider.described = described
    answer = await door.stranger().get("/sign-in")
    assert answer.status_code == 500
    assert "location" not in answer.headers


@pytest.mark.parametrize("issuer", ["http://login.example", "login.example", "ftp://127.0.0.1", ""])
def test_an_issuer_is_called_over_https(issuer: str) -> None:
    with pytest.raises(SettingsError, match="no https:// address"):
        Provider(Client(issuer, CLIENT, ""))
