"""Mails of every kind through real servers: what they become, who is answered, and how."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

from tests.mails import CORRECTION, filled, multipart, raw
from tests.post_office import OFFICE, PostOffice
from tests.town import Town
from tests.town.newcomers import join
from workers import mailroom

MINJI, JIHO, STRANGER = "minji@mail.example", "jiho@mail.example", "stranger@elsewhere.example"
OTHERS = {"jiho@mail.example": "이지호", "stranger@elsewhere.example": "박수상"}
WORDS = "제 개인정보 중 자택 주소가 잘못되었습니다. 뷁"
PICTURE = (
    "Content-Type: image/png\r\nContent-Disposition: attachment; filename=id.png",
    b"ID!",
)
PROGRAMS = ("Auto-Submitted: auto-generated", "List-Id: <a.b>", "Precedence: bulk")


@asynccontextmanager
async def reading(town: Town) -> AsyncIterator[None]:
    """`dsr mailbox`, in this process."""
    stop = asyncio.Event()
    running = asyncio.create_task(mailroom.run(town.settings_as("mailbox"), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 30)


def mails(post: PostOffice, person: str) -> list[EmailMessage]:
    parsed = (
        email.message_from_bytes(c, policy=email.policy.default) for c in post.delivered(person)
    )
    return list(parsed)


def purpose(mail: EmailMessage) -> str:
    return str(mail["Message-ID"]).partition("@")[0].partition(".")[2]


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""


async def mailed(town: Town, post: PostOffice, person: str, what: str) -> EmailMessage:
    found: list[EmailMessage] = []

    def there() -> bool:
        found[:] = [mail for mail in mails(post, person) if purpose(mail) == what]
        return bool(found)

    await town.until(there, f"the mail {what}")
    return found[0]


async def requests(town: Town) -> list[dict[str, Any]]:
    return [dict(one) for one in await town.ours["requests"].find().to_list()]


async def all_seen(town: Town, post: PostOffice, count: int) -> None:
    def seen() -> bool:
        return len(post.delivered(OFFICE)) >= count and not post.unseen(OFFICE)

    await town.until(seen, f"{count} mails to be seen", 120)


async def test_a_template_by_mail_is_proven_by_reply_and_answered_in_its_thread(
    town: Town, post: PostOffice
) -> None:
    await join(town, 1071, "minji.post", email=MINJI, name="김민지")
    form = {**CORRECTION, "로그인 ID": "minji.post", "등록된 이메일": MINJI}
    await town.work()
    async with reading(town):
        text = ("Content-Type: text/plain; charset=utf-8", filled(**form).encode())
        await post.send(multipart(text, PICTURE, message_id="<ask@mail.example>"))
        received = await mailed(town, post, MINJI, "acknowledgement")
        assert received["In-Reply-To"] == received["References"] == "<ask@mail.example>"
        challenge = await mailed(town, post, MINJI, "challenge-1")
        (code,) = re.findall(r"^(\d{8})$", body(challenge), re.MULTILINE)
        quoted = "\n".join(f"> {line}" for line in body(challenge).split("\n"))
        reply = (f"In-Reply-To: {challenge['Message-ID']}",)
        await post.send(
            raw(f"I am away\n\n{quoted}", more=(*reply, "Auto-Submitted: auto-replied"))
        )
        await all_seen(town, post, 2)
        assert (await requests(town))[0].get("proof") is None
        await post.send(raw(f"{code}\n\n{quoted}", more=reply, message_id="<yes@mail.example>"))
        completion = await mailed(town, post, MINJI, "completion")
        assert completion["In-Reply-To"] == "<ask@mail.example>"
    (request,) = await requests(town)
    assert (request["status"], request["channel"]) == ("completed", "email")
    # What lay beside the form was kept with it, and went when it was done.
    told = [entry["what"] for entry in request["history"]]
    assert "evidence_added" in told
    assert request["review"]["why"] == []
    member = await town.company["members"].find_one({"_id": 1071})
    assert member["profile"]["hobbies"] == ["등산", "사진"]


async def test_an_address_that_bounces_is_remembered_and_the_person_is_called(
    town: Town, post: PostOffice
) -> None:
    await join(town, 1072, "minji.gone", email="minji@gone.example", name="김민지")
    form = {**CORRECTION, "로그인 ID": "minji.gone", "등록된 이메일": "minji@gone.example"}
    await town.work()
    async with reading(town):
        await post.send(raw(filled(**form), sender=STRANGER))

        async def called() -> bool:
            return any("call:challenge-1" in one.get("tasks", ()) for one in await requests(town))

        await town.until(called, "a call instead of the mail that came back")
    (request,) = await requests(town)
    assert request["status"] == "awaiting_proof"
    assert request["mails"]["challenge-1"]["code"] == "bounced"
    assert "mail_bounced" in [entry["what"] for entry in request["history"]]
    # From outside it looks as before: whoever asked has heard of nothing but the receipt.
    assert [purpose(mail) for mail in mails(post, STRANGER)] == ["acknowledgement"]


async def test_files_lie_sealed_with_the_case_and_so_does_what_comes_later_in_its_thread(
    town: Town, post: PostOffice
) -> None:
    question = ("Content-Type: text/plain; charset=utf-8", "제 개인정보를 정정해 주세요".encode())
    await town.work()
    async with reading(town):
        await post.send(multipart(question, PICTURE))
        received = await mailed(town, post, MINJI, "acknowledgement")
        await all_seen(town, post, 1)

        async def at_the_desk() -> bool:
            return [one["status"] for one in await requests(town)] == ["in_review"]

        await town.until(at_the_desk, "it to be at the desk")
        reply = (f"In-Reply-To: {received['Message-ID']}",)
        await post.send(raw("이것도 봐 주세요", more=reply, message_id="<more@x>"))
        await post.send(
            raw("저도요", more=reply, message_id="<foreign@x>", sender=STRANGER), STRANGER
        )
        await all_seen(town, post, 3)

        async def both() -> bool:
            return [one["status"] for one in await requests(town)] == ["in_review"] * 2

        await town.until(both, "a case of each of the two people")
    found = {one["sender"]: one for one in await requests(town)}
    assert len(found) == 2
    (first,) = [one for one in found.values() if (one.get("review") or {}).get("exhibits")]
    assert [one["by"] for one in first["review"]["exhibits"]] == ["mailbox", "mailbox"]
    kept = await town.ours["exhibits"].find({"request": first["_id"]}).to_list()
    assert len(kept) == 2
    assert not any(b"ID!" in bytes(one["sealed"]) for one in kept)


async def test_sixty_mails_of_every_kind_become_what_they_are(town: Town, post: PostOffice) -> None:
    sent: list[tuple[bytes, str]] = []
    for charset in ("utf-8", "euc-kr", "ks_c_5601-1987", "cp949"):
        for encoding in ("8bit", "base64", "quoted-printable"):
            for sender in OTHERS:
                name = f"<{charset}.{encoding}.{sender}>"
                mail = raw(
                    WORDS, charset=charset, encoding=encoding, sender=sender, message_id=name
                )
                sent.append((mail, sender))
    unknown = raw(WORDS.encode("cp949"), message_id="<unknown@x>", sender=JIHO)
    sent.append((unknown.replace(b"charset=utf-8", b"charset=x-korean"), JIHO))
    sent += [(raw(WORDS, message_id="<again@x>", sender=JIHO), JIHO)] * 10
    for number in range(6):
        form = filled(
            요청="열람", 이름="없는 사람", **{"등록된 이메일": f"no{number}@mail.example"}
        )
        sent.append((raw(form, message_id=f"<form{number}@x>", sender=JIHO), JIHO))
    for number in range(9):
        more = (PROGRAMS[number % 3],)
        sent.append((raw(WORDS, message_id=f"<auto{number}@x>", sender=STRANGER, more=more), ""))
    for number in range(5):
        away = raw("부재중", message_id=f"<away{number}@x>", more=("Auto-Submitted: auto-replied",))
        sent.append((away, ""))
    sent += [
        (raw("cheap watches", message_id=f"<spam{n}@x>", sender=STRANGER), STRANGER)
        for n in range(4)
    ]
    sent.append((raw(WORDS, message_id="<two@x>", more=(f"From: {STRANGER}",)), JIHO))
    assert len(sent) == 60
    await town.work()
    async with reading(town):
        await post.send_all(sent)
        await all_seen(town, post, 60)

        async def registered() -> bool:
            found = await requests(town)
            told = Counter(one["status"] for one in found)
            return len(found) == 46 and told["received"] == 0

        await town.until(registered, "46 requests")
        expected = 24 + 1 + 1 + 6

        def answered() -> bool:
            everybody = [*mails(post, JIHO), *mails(post, STRANGER), *mails(post, MINJI)]
            return len([m for m in everybody if purpose(m) == "acknowledgement"]) == expected

        await town.until(answered, "an answer to each person who is recognised, and nobody else")
    found = await requests(town)
    assert Counter(one["kind"] for one in found) == {"inquiry": 40, "access": 6}
    assert await town.ours["parked"].count_documents({}) == 0
    for answer in [*mails(post, JIHO), *mails(post, STRANGER)]:
        assert str(answer["In-Reply-To"]).startswith("<")
        assert answer["Auto-Submitted"] == "auto-generated"
