"""Texts that some program might run: here they are texts."""

from __future__ import annotations

import logging
from dataclasses import astuple

import pytest

from schemas.lifecycle import Status
from tests.world import World

TEXTS = [
    *('=HYPERLINK("http://evil.example","x")', "{{7*7}}", "${7*7}", "%s%n", "<script>x</script>"),
    *("'; DROP TABLE members; --", "../../etc/passwd", "{% for x in y %}", "@import url(x)"),
]


@pytest.mark.parametrize("text", TEXTS)
async def test_a_text_that_looks_like_a_program_is_written_back_letter_by_letter(text: str) -> None:
    world = World()
    request = await world.proven(changes=[{"field": "occupation", "value": text}])
    assert world.request(request.id).status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["occupation"] == text


@pytest.mark.parametrize("text", TEXTS)
async def test_no_mail_holds_a_text_that_a_requester_wrote(text: str) -> None:
    """An address that nobody has proven would get it in our name."""
    world = World()
    await world.proven(
        requester={"relation": "self", "name": text, "email": "minji@mail.example"},
        statement=text,
        changes=[{"field": "occupation", "value": text}],
    )
    assert world.outbound.purposes() == ["acknowledgement", "challenge", "completion"]
    assert not any(text in repr(astuple(mail)) for mail in world.outbound.mails)


async def test_a_registration_number_in_free_text_is_sealed_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    number = "900512-2345678"
    world = World()
    await world.proven(statement=f"제 주민등록번호는 {number} 입니다")
    assert world.requests.documents
    assert number.encode() not in repr(world.requests.documents).encode()
    assert not any(number.encode() in message.body for message in world.broker.published)
    assert not any(number in str(record.__dict__) for record in caplog.records)


async def test_nothing_of_a_person_stands_in_clear_in_a_request_or_between_workers() -> None:
    world = World()
    await world.proven(statement="비밀입니다", operator="park")
    stored = repr(world.requests.documents)
    told = b"".join(message.body for message in world.broker.published).decode()
    for secret in (
        "김민지",
        "minji",
        "mail.example",
        "테헤란로",
        "세종대로",
        "비밀",
        '1001"',
        "park",
    ):
        assert secret not in told
        assert secret not in stored


async def test_an_unknown_language_falls_back_to_the_default() -> None:
    world = World()
    request = await world.submit(language="tlh")
    assert request.language == "ko"
