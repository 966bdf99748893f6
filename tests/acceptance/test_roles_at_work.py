"""Who reads the mailbox, and whom recipients reach, at work under the users of their roles."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from uuid import uuid4

import httpx
import pytest

from tests.integration.mailbox.test_mails import (
    MINJI,
    PICTURE,
    body,
    mailed,
    reading,
    requests,
)
from tests.mails import CORRECTION, filled, multipart, raw
from tests.post_office import MISSING, OFFICE, PostOffice, missing, open_post_office
from tests.town import Town
from tests.town.newcomers import ask, join, standing, until
from tests.town.privileged import open_privileged_town
from tests.town.processes import dsr_here
from workers import web, wiring
from workers.adapters.recipients import signatures
from workers.adapters.tokens import load_secret
from workers.local.stack import Stack

CARRIER = "hanbit-delivery"
MAILBOX = {"DSR_MAIL_FROM": OFFICE, "DSR_MAIL_REPLIES": "true", "DSR_IMAP_POLL": "1"}


@pytest.fixture(scope="module")
async def post() -> AsyncIterator[PostOffice]:
    if missing():
        pytest.skip(MISSING)
    async with open_post_office() as office:
        with pytest.MonkeyPatch.context() as trust:
            trust.setenv("SSL_CERT_FILE", str(office.certificate))
            yield office


@pytest.fixture(scope="module")
async def town(
    stack: Stack, post: PostOffice, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    settings = {"DSR_SMTP_URL": post.smtp_url, "DSR_IMAP_URL": post.imap_url, **MAILBOX}
    folder = tmp_path_factory.mktemp("roles")
    async with open_privileged_town(stack, folder, apart=False, settings=settings) as made:
        yield made.town
        (worker,) = made.town.workers
        assert worker.alive, worker.said()


def code_in(mail: EmailMessage) -> str:
    (code,) = re.findall(r"^(\d{8})$", body(mail), re.MULTILINE)
    return str(code)


async def test_the_mailbox_takes_a_form_its_file_a_proof_and_a_bounce(
    town: Town, post: PostOffice
) -> None:
    await join(town, 1081, "minji.role", email=MINJI, name="김민지")
    await join(town, 1082, "minji.gone", email="minji@gone.example", name="김민지")
    form = {**CORRECTION, "로그인 ID": "minji.role", "등록된 이메일": MINJI}
    gone = {**CORRECTION, "로그인 ID": "minji.gone", "등록된 이메일": "minji@gone.example"}
    async with reading(town):
        text = ("Content-Type: text/plain; charset=utf-8", filled(**form).encode())
        await post.send(multipart(text, PICTURE, message_id="<ask@mail.example>"))
        challenge = await mailed(town, post, MINJI, "challenge-1")
        reply = (f"In-Reply-To: {challenge['Message-ID']}",)
        quoted = "\n".join(f"> {line}" for line in body(challenge).split("\n"))
        answer = f"{code_in(challenge)}\n\n{quoted}"
        await post.send(raw(answer, more=reply, message_id="<yes@mail.example>"))
        await mailed(town, post, MINJI, "completion")
        await post.send(raw(filled(**gone), message_id="<gone@mail.example>"))

        async def bounced() -> bool:
            said = [{entry["what"] for entry in one["history"]} for one in await requests(town)]
            return any("mail_bounced" in each for each in said)

        await town.until(bounced, "a mail to come back")
    first = min(await requests(town), key=lambda one: one["created_at"])
    assert first["status"] == "completed"
    assert "evidence_added" in {entry["what"] for entry in first["history"]}


async def test_the_pages_of_recipients_record_what_goes_and_settle_what_was_told(
    town: Town, post: PostOffice
) -> None:
    post.empty()
    town.recipients[CARRIER].mode = "takes"
    await join(town, 1083, "minji.told", email=MINJI, name="김민지")
    key = (await dsr_here("disclosures", "key", "crm", settings=town.env)).strip()
    async with wiring.open_parts(town.settings_as("recipients")) as parts:
        app = web.create_app(web.Parts.of(parts), {"recipients"})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://recipients") as line:
            wish = {
                "schema": "dsr.disclosure/1",
                "id": str(uuid4()),
                "subject": {"type": "member", "key": "1083"},
                "recipient": CARRIER,
                "fields": ["home_address"],
                "basis": {"kind": "contract", "reference": "order 1"},
            }
            crm = {"authorization": f"Bearer {key}"}
            recorded = await line.post("/disclosures", json=wish, headers=crm)
            assert (recorded.status_code, recorded.json()["allowed"]) == (200, True)

            request, tracking = await ask(town, "minji.told")
            code = code_in(await mailed(town, post, MINJI, "challenge-1"))
            await town.channel.prove(tracking, code, channel="web")
            await until(town, request, "applied")

            async def told() -> bool:
                found = await standing(town, request)
                notice = found.get("notices", {}).get(CARRIER, {})
                return bool(notice.get("status") == "delivered")

            await town.until(told, "the carrier to have its notice")
            notice = (await standing(town, request))["notices"][CARRIER]["id"]
            secret = load_secret(town.settings.secrets, CARRIER, "in")
            said = '{"status":"applied"}'
            signed = signatures.sign(secret, notice, said)
            typed = {"content-type": "application/json"}
            answer = await line.post(
                f"/notices/{notice}/ack", content=said, headers={**signed, **typed}
            )
            assert answer.status_code == 200, answer.text
    await until(town, request, "completed")
