"""A mail that came back is remembered; the word goes to another contact on file, and only there."""

from __future__ import annotations

import pytest

from schemas.lifecycle import Status
from schemas.messages import Bounced
from schemas.request import Contact, RequestRecord
from tests.cast import MINJIS_MAIL, MORNING
from tests.world import DAY, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

PHONE = Contact(kind="phone", value="010-2345-0001", since=MORNING - 400 * DAY)
WRITER = "writer@elsewhere.example"
ASKED = {"relation": "self", "email": WRITER}
MAIL = MINJIS_MAIL.model_copy(update={"since": MORNING - 400 * DAY})


async def challenged(*others: Contact) -> tuple[World, RequestRecord]:
    """Her correction waits for the code that was mailed to her."""
    world = World()
    world.subjects.records["1001"].contacts = (MAIL, *others)
    request = await world.submit(requester=ASKED)
    return world, world.request(request.id)


async def bounced(world: World, mail: str, address: str) -> bool:
    """Whether there was anything to the report."""
    (request,) = world.requests.documents
    item = Item(Bounced(str(request), mail, address))
    await carry(world.house, STATIONS["mailing"], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


async def test_the_code_is_told_by_phone_where_the_mail_came_back() -> None:
    world, request = await challenged(PHONE)
    assert await bounced(world, "challenge-1", "Minji@MAIL.example")
    after = world.request(request.id)
    assert after.tasks == ("call:challenge-1",)
    assert after.mails["challenge-1"].code == "bounced"
    assert after.challenge is not None
    assert after.challenge.route == "call"
    assert after.status is Status.AWAITING_PROOF, "from outside it looks as before"
    assert world.offences() == []


async def test_the_code_itself_still_proves() -> None:
    world, request = await challenged(PHONE)
    code = world.code(request)
    await bounced(world, "challenge-1", MAIL.value)
    await world.prove(request, code)
    assert world.request(request.id).status is Status.APPLIED
    assert world.offences() == []


async def test_without_another_contact_it_is_on_record_and_nothing_else_changes() -> None:
    world, request = await challenged()
    assert await bounced(world, "challenge-1", MAIL.value)
    after = world.request(request.id)
    assert (after.mails["challenge-1"].status, after.mails["challenge-1"].code) == (
        "undeliverable", "bounced",
    )  # fmt: skip
    assert (after.status, after.tasks) == (Status.AWAITING_PROOF, ())
    assert after.history[-1].what == "mail_bounced"
    assert after.history[-1].by == "mailbox"


async def test_a_receipt_that_came_back_goes_nowhere_else() -> None:
    """Whoever asked is not known: no contact on file hears what was for them."""
    world, request = await challenged(PHONE)
    assert await bounced(world, "acknowledgement", WRITER)
    after = world.request(request.id)
    assert after.mails["acknowledgement"].code == "bounced"
    assert after.tasks == ()
    assert after.mails["challenge-1"].status == "sent"


@pytest.mark.parametrize(
    ("mail", "address"),
    [
        ("challenge-1", WRITER),
        ("challenge-1", "other@mail.example"),
        ("challenge-9", MAIL.value),
        ("completion", MAIL.value),
    ],
)
async def test_a_report_on_what_was_never_sent_there_changes_nothing(
    mail: str, address: str
) -> None:
    world, request = await challenged(PHONE)
    assert not await bounced(world, mail, address)
    assert world.request(request.id).version == request.version


async def test_the_same_report_again_changes_nothing() -> None:
    world, request = await challenged(PHONE)
    await bounced(world, "challenge-1", MAIL.value)
    version = world.request(request.id).version
    assert not await bounced(world, "challenge-1", MAIL.value)
    assert world.request(request.id).version == version


async def test_a_report_on_a_request_that_is_none_changes_nothing() -> None:
    world, _ = await challenged(PHONE)
    item = Item(Bounced("0193a7c0-0000-4000-8000-000000000001", "challenge-1", MAIL.value))
    await carry(world.house, STATIONS["mailing"], [item])
    assert item.reply is None


async def test_only_whoever_asked_is_answered_in_the_thread() -> None:
    """The Message-ID is a stranger's text: the contact on file does not get it."""
    world = World()
    await world.submit(channel="email", in_reply_to="<ask@x.example>", requester=ASKED)
    threads = {(mail.to, mail.in_reply_to) for mail in world.outbound.mails}
    assert threads == {(WRITER, "<ask@x.example>"), (MAIL.value, None)}
