"""Characters that are not what they seem: they are refused, or come down to one canonical form."""

from __future__ import annotations

import json

import pytest

from schemas.lifecycle import Status
from tests.attack import CANARY, parked
from tests.cast import NEW_ADDRESS, OLD_ADDRESS, submission_content
from tests.world import World

Log = pytest.LogCaptureFixture

FORBIDDEN = {
    "NUL": ("\u0000", "control_character"),
    "escape": ("\u001b", "control_character"),
    "delete": ("\u007f", "forbidden_character"),
    "U+202E": ("\u202e", "forbidden_character"),
    "isolate": ("\u2067", "forbidden_character"),
    "line separator": ("\u2028", "forbidden_character"),
}


@pytest.mark.parametrize("name", FORBIDDEN)
@pytest.mark.parametrize("where", ["subject.name", "requester.name", "statement", "operator"])
async def test_a_forbidden_character_in_a_text_is_refused(
    name: str, where: str, caplog: Log
) -> None:
    char, code = FORBIDDEN[name]
    content = submission_content()
    place, _, key = where.rpartition(".")
    (content[place] if place else content)[key] = f"{CANARY}{char}x"
    assert await parked(content, caplog) == f"$.{where} {code}"


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_a_forbidden_character_in_a_value_is_refused(name: str, caplog: Log) -> None:
    char, code = FORBIDDEN[name]
    changes = [{"field": "home_address", "value": {**NEW_ADDRESS, "road": f"{CANARY}{char}"}}]
    assert await parked(submission_content(changes=changes), caplog) == f"$.changes.0.value {code}"


@pytest.mark.parametrize("lone", ["\\ud800", "\\udfff", "\\ud83d\\ud83d"])
async def test_a_lone_surrogate_is_refused(lone: str, caplog: Log) -> None:
    body = json.dumps(submission_content(statement="HERE")).replace("HERE", lone)
    assert await parked(body.encode(), caplog) == "$ json_invalid"


@pytest.mark.parametrize(
    "address",
    [
        "minji@mail.example\r\nBcc: all@elsewhere.example",
        "minji@mail.example\r\nRCPT TO:<evil@elsewhere.example>",
        "minji@mail.example>\r\nRCPT TO:<evil@elsewhere.example",
        "minji@mail.example\n",
        "minji@mail.example\u0085x",
        "minji@mail.example, evil@elsewhere.example",
        "<minji@mail.example>",
        "Minji <minji@mail.example>",
        '"minji@mail.example"@evil.example',
        "minji@mail.example ",
        "minji@[127.0.0.1]",
    ],
)
@pytest.mark.parametrize("who", ["requester", "subject"])
async def test_an_address_that_could_add_a_line_or_a_recipient_is_refused(
    who: str, address: str, caplog: Log
) -> None:
    content = submission_content()
    content[who] = {**content[who], "email": address}
    reasons = await parked(content, caplog)
    assert reasons.startswith(f"$.{who}.email ")


@pytest.mark.parametrize("place", ["name", "login_id", "phone"])
async def test_a_line_break_in_an_identifier_is_refused(place: str, caplog: Log) -> None:
    content = submission_content(subject={place: "minji\nX-Header: 1"})
    assert await parked(content, caplog) == f"$.subject.{place} line_break"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000 "])
async def test_an_identifier_that_says_nothing_is_refused(blank: str, caplog: Log) -> None:
    content = submission_content(subject={"login_id": "minji.kim", "name": blank})
    assert await parked(content, caplog) == "$.subject.name blank"


@pytest.mark.parametrize(
    "look_alike",
    [
        {"email": "mіnji@mail.example"},  # Cyrillic i
        {"email": "minji@maіl.example"},
        {"login_id": "mіnji.kim"},
        {"login_id": "minjı.kim"},  # dotless
    ],
)
async def test_a_cyrillic_look_alike_is_never_the_same_person(look_alike: dict[str, str]) -> None:
    """From outside it looks the same as for her: registered, being checked."""
    world = World()
    request = await world.submit(subject={"login_id": "minji.kim", **look_alike})
    assert request.status is Status.AWAITING_PROOF
    assert world.outbound.purposes() == ["acknowledgement"]
    assert world.subjects.records["1001"].fields["home_address"] == OLD_ADDRESS
    assert request.subject is None


@pytest.mark.parametrize("typed", ["０１０-１２３４-９９９９", "+82 10 1234 9999", "01012349999"])
async def test_a_number_in_full_width_digits_has_one_canonical_form(typed: str) -> None:
    world = World()
    await world.proven(changes=[{"field": "mobile_phone", "value": typed}])
    assert world.subjects.records["1001"].fields["mobile_phone"] == "010-1234-9999"


async def test_a_value_in_decomposed_hangul_has_one_canonical_form() -> None:
    world = World()
    apart = "\u1109\u1165\u110b\u116e\u11af"
    await world.proven(changes=[{"field": "occupation", "value": apart}])
    assert world.subjects.records["1001"].fields["occupation"] == "서울"
