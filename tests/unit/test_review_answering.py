"""A question goes to a person without any proof, and the answer to whoever asked."""

from __future__ import annotations

import pytest

from schemas.letters import AnswerFacts
from schemas.lifecycle import Status
from schemas.review import AddNote, Answer, Closing, Reveal, Why
from schemas.review import Purpose as Looking
from tests.cast import STRANGER
from tests.desk import CHOI, HAN, NEW_NAME, PARK, QUESTION, YES, decide
from tests.world import DAY, World

REPLY = "주문 기록은 법에 따라 5년 동안 보관합니다."


async def test_a_question_waits_for_a_person_and_the_answer_ends_it() -> None:
    world = World()
    request = await world.submit(requester={"relation": "self", **STRANGER}, **QUESTION)
    waiting = world.request(request.id)
    assert waiting.status is Status.IN_REVIEW
    assert waiting.review is not None
    assert waiting.review.why == (Why.INQUIRY,)
    assert waiting.deadline > world.clock.now
    assert world.outbound.purposes() == ["acknowledgement"]
    assert await decide(world, request, Answer(REPLY)) is None
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert done.steps == {}
    assert [entry.status for entry in done.history if entry.what.startswith("answer")] == [
        Status.VERIFIED,
        Status.APPLIED,
    ]
    assert world.offences() == []


async def test_the_answer_goes_to_whoever_asked_and_says_what_the_desk_wrote() -> None:
    world = World()
    request = await world.submit(requester={"relation": "self", **STRANGER}, **QUESTION)
    await decide(world, request, Answer(REPLY, Closing.FORWARDED))
    mail = world.outbound.mails[-1]
    assert mail.to == STRANGER["email"]
    assert isinstance(mail.facts, AnswerFacts)
    assert mail.facts.answer == REPLY
    assert "answered:forwarded" in [entry.what for entry in world.request(request.id).history]


async def test_question_and_answer_stand_nowhere_in_clear() -> None:
    world = World()
    request = await world.submit(**QUESTION)
    await decide(world, request, AddNote("이 분은 지난주에도 전화하셨음"), by=PARK)
    await decide(world, request, Answer(REPLY))
    everything = repr(world.requests.documents[request.id])
    for text in (REPLY, QUESTION["statement"], "지난주"):
        assert text not in everything


async def test_a_question_is_asked_by_anybody_and_nobody_is_looked_up() -> None:
    world = World()
    request = await world.submit(
        requester={"relation": "agent", **STRANGER}, subject={"login_id": "minji.kim"}, **QUESTION
    )
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.request(request.id).subject is None


async def test_a_question_that_nobody_answers_raises_the_alarm() -> None:
    world = World()
    request = await world.submit(**QUESTION)
    await world.tick(8 * DAY)
    assert "alarm" in [entry.what for entry in world.request(request.id).history]


@pytest.mark.parametrize("text", ["", "  \n", "\u202e뒤집기", "x" * 20_001])
async def test_an_answer_is_plain_text_that_says_something(text: str) -> None:
    world = World()
    request = await world.submit(**QUESTION)
    assert await decide(world, request, Answer(text)) == "not_plain_text"
    assert world.request(request.id).status is Status.IN_REVIEW


async def test_a_question_is_not_approved_and_a_correction_not_answered() -> None:
    world = World()
    question, correction = await world.submit(**QUESTION), await world.proven(**NEW_NAME)
    assert await decide(world, question, YES) == "inquiries_are_answered"
    assert await decide(world, correction, Answer(REPLY)) == "only_inquiries_are_answered"


async def test_whoever_looks_at_particulars_leaves_an_entry() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, Reveal(Looking.IDENTITY), by=CHOI) is None
    entries = [(e.what, e.by) for e in world.request(request.id).history if e.by == "desk:choi"]
    assert entries == [("revealed:identity", "desk:choi")]
    assert await decide(world, request, Reveal(Looking.IDENTITY), by=PARK) == "not_your_role"


async def test_nothing_is_decided_about_a_request_that_is_not_at_the_desk() -> None:
    world = World()
    request = await world.submit()
    for decision in (YES, Answer(REPLY)):
        assert await decide(world, request, decision, by=HAN) == "not_in_review"
    unknown = request.model_copy(update={"tracking": "DSR-AAAA-AAAA"})
    assert await decide(world, unknown, YES) == "no_such_request"
