"""Somebody else's login, or none at all, says who is there."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import KeySet

from schemas.errors import AssertionRefused
from schemas.lifecycle import Status
from tests.cast import MORNING, said, submission, submission_content
from tests.login import NAME, Login, signed
from tests.world import World
from workers.adapters.assertions import Assertions

OURS = Login()


def code_of(token: str) -> str:
    with pytest.raises(AssertionRefused) as caught:
        OURS.assertions.verify(token, MORNING)
    return caught.value.code


def test_a_foreign_issuer_is_not_believed_though_its_signature_is_right() -> None:
    foreign = Login(issuer="https://login.elsewhere.example")
    claims = foreign.claims(submission(), MORNING, iss="https://login.elsewhere.example")
    assert code_of(foreign.sign(claims)) == "issuer_unknown"


def test_a_foreign_key_in_our_issuers_name_is_not_believed() -> None:
    assert code_of(Login().says(submission(), MORNING)) == "signature_wrong"


def test_of_two_logins_neither_speaks_for_the_other() -> None:
    second = Login(issuer="https://id.example", audience="dsr")
    both = Assertions([(each.issuer, KeySet([each.key])) for each in (OURS, second)])
    assert both.verify(OURS.says(submission(), MORNING), MORNING).issuer == NAME
    with pytest.raises(AssertionRefused, match="signature_wrong"):
        both.verify(second.says(submission(), MORNING), MORNING)


@pytest.mark.parametrize("issuer", [None, 7, ["a"], {"$gt": ""}, NAME.upper(), NAME + "/"])
def test_an_issuer_is_known_to_the_letter(issuer: object) -> None:
    claims = {**OURS.claims(submission(), MORNING), "iss": issuer}
    assert code_of(OURS.sign(claims)) == "issuer_unknown"


@pytest.mark.parametrize("audience", [None, "", "shop", ["shop"], 7, {"a": 1}])
def test_a_token_for_another_audience_is_not_for_us(audience: object) -> None:
    claims = {**OURS.claims(submission(), MORNING), "aud": audience}
    assert code_of(OURS.sign(claims)) == "audience_wrong"


def test_a_token_for_several_that_names_us_is() -> None:
    claims = OURS.claims(submission(), MORNING, aud=["shop", OURS.issuer.audience])
    assert OURS.assertions.verify(OURS.sign(claims), MORNING).subject == "1001"


@pytest.mark.parametrize(
    "token",
    ["", "..", "a.b.c", "a.b", "a.b.c.d", "e30.e30.e30", "e30.W10.x", "." * 5000, "A" * 9000],
)
def test_what_is_no_token_is_refused_before_a_key_is_touched(token: str) -> None:
    assert code_of(token) in {"not_a_token", "issuer_unknown"}


def test_a_claim_that_stands_twice_is_refused() -> None:
    said = json.dumps(OURS.claims(submission(), MORNING))
    twice = said[:-1] + ', "sub": "1002"}'
    token = signed(twice, OURS.key, {"alg": "ES256", "kid": "login-1"})
    assert code_of(token) == "signature_wrong"


async def test_without_a_configured_login_every_assertion_is_answered_no() -> None:
    world = World()
    world.house.tools = world.house.tools.__class__(
        **{
            **{name: getattr(world.house.tools, name) for name in world.house.tools.__slots__},
            "assertions": Assertions([]),
        }
    )
    content = submission_content()
    world.publish("submission", content)
    await world.work()
    request = world.request(content["submission_id"])
    token = world.login.says(said(content), world.clock.now)
    world.publish_assertion(request, token, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    assert world.replies() == [{"accepted": False}]
    assert world.request(request.id).status is Status.AWAITING_PROOF
