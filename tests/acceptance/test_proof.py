"""Who cannot prove it changes nothing, and learns nothing from the answers."""

from __future__ import annotations

import re
from typing import Any

from tests.town import Town
from tests.town.checks import assert_all_invariants
from tests.town.company import Correction
from tests.town.spool import ReceivedMail

NO = {"accepted": False}
YES = {"accepted": True}
WRONG = "00000000"


async def guess(town: Town, tracking: str, code: str) -> dict[str, Any]:
    return await town.channel.answer(await town.channel.prove(tracking, code))


async def the_code(town: Town, wish: Correction, number: int = 1) -> ReceivedMail:
    await town.until(lambda: bool(town.spool.of(wish.id, f"challenge-{number}")), "a challenge")
    return town.spool.of(wish.id, f"challenge-{number}")[0]


def without_what_differs(mail: ReceivedMail, *names: str) -> str:
    """A mail's text without tracking code, addresses, times, and the request's own link."""
    text = mail.text
    for name in (mail.tracking, *names):
        text = text.replace(name, "…")
    text = re.sub(r"(/nothing-arrived/…/)[\w-]{22}$", r"\1…", text, flags=re.MULTILINE)
    return re.sub(r"\d{4}[-. 년]+\d{1,2}[-. 월]+\d{1,2}.*", "…", text)


async def test_a_wrong_code_changes_nothing(town: Town) -> None:
    minji = town.correction(1, hobbies=["등산"])
    town.unproven.add(minji.id)
    await town.work()
    (tracking,) = await town.submit(minji)
    await the_code(town, minji)
    assert await guess(town, tracking, WRONG) == NO
    assert await town.status(minji) == "awaiting_proof"
    assert await town.ours.client[town.env["DSR_SUBJECT_DB"]]["dsr_subjects"].find_one() is None
    await assert_all_invariants(town)


async def test_another_requests_code_proves_nothing(town: Town) -> None:
    minji, other = town.correction(1, hobbies=["등산"]), town.correction(2, hobbies=["사진"])
    town.unproven |= {minji.id, other.id}
    await town.work()
    tracking, _ = await town.submit(minji, other)
    mail = await the_code(town, other)
    assert await guess(town, tracking, mail.code) == NO
    await assert_all_invariants(town)


async def test_five_wrong_guesses_kill_the_code_and_another_goes_to_the_contact_on_file(
    town: Town,
) -> None:
    minji = town.correction(1, hobbies=["등산"])
    await town.work()
    (tracking,) = await town.submit(minji)
    first = await the_code(town, minji)
    for _ in range(5):
        assert await guess(town, tracking, WRONG) == NO
    assert await guess(town, tracking, first.code) == NO
    second = await the_code(town, minji, 2)
    assert second.to == (minji.contact,)
    assert second.code != first.code
    assert await guess(town, tracking, first.code) == NO
    assert await town.status(minji) == "awaiting_proof"
    assert await guess(town, tracking, second.code) == YES
    await town.until_completed([minji])


async def test_an_unknown_person_looks_like_a_known_one(town: Town) -> None:
    """I15: the answer, the acknowledgement and every guess."""
    minji = town.correction(1, hobbies=["등산"])
    stranger = Correction(
        {**minji.member, "_id": 99, "email": "nobody@mail.example", "login": {"id": "nobody"}},
        minji.changes,
    )
    await town.work()
    known = await town.channel.answer(await town.channel.submit(minji.submission()))
    unknown = await town.channel.answer(
        await town.channel.submit(
            stranger.submission(
                requester={"relation": "self", "name": "김민지", "email": minji.writes_from}
            )
        )
    )
    assert known.keys() == unknown.keys()
    await the_code(town, minji)
    await town.until(lambda: bool(town.spool.of(stranger.id)), "an acknowledgement")

    async def waits() -> bool:
        return await town.status(stranger) == "awaiting_proof"

    await town.until(waits, "the same status")
    ours, theirs = (town.spool.of(each.id, "acknowledgement")[0] for each in (minji, stranger))
    assert ours.to == theirs.to
    assert ours.subject.replace(ours.tracking, "") == theirs.subject.replace(theirs.tracking, "")
    assert without_what_differs(ours) == without_what_differs(theirs)
    for _ in range(6):
        assert await guess(town, known["tracking"], WRONG) == NO
        assert await guess(town, unknown["tracking"], WRONG) == NO
    assert {mail.purpose for mail in town.spool.of(stranger.id)} == {"acknowledgement"}


async def test_a_code_never_goes_to_the_address_that_the_request_brought(town: Town) -> None:
    minji = town.correction(1, hobbies=["등산"])
    await town.work()
    await town.submit(minji)
    code = (await the_code(town, minji)).code
    await town.prove(minji)
    await town.until_completed([minji])
    for mail in town.spool.of(minji.id):
        if mail.to == (minji.writes_from,):
            assert code not in mail.text + mail.html
    assert {mail.to for mail in town.spool.of(minji.id, "acknowledgement")} == {
        (minji.writes_from,)
    }


async def test_a_proof_is_used_once(town: Town) -> None:
    minji = town.correction(1, hobbies=["등산"])
    await town.work()
    (tracking,) = await town.submit(minji)
    mail = await the_code(town, minji)
    assert await guess(town, tracking, mail.code) == YES
    await town.until_completed([minji])
    assert await guess(town, tracking, mail.code) == NO
    await assert_all_invariants(town)
