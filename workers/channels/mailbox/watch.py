"""The loop of the mailbox: fetch, read, decide, publish; and only then the mail is seen.

One mail is held at a time. One that could not be finished stays unseen and comes again. Everything
that it leads to has an id made from the mail, so that nothing is done twice.

What three times could not be fetched, or met a bug of ours, comes by its header alone, so that a
person looks at it; what even so meets a bug is flagged. Where a server is away nothing is counted.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from schemas.errors import DsrError, Refused, Unreachable
from workers.channels.mailbox import deciding
from workers.channels.mailbox.deciding import Belongs, Decision, Leave, Office, Publish
from workers.channels.mailbox.mail import Mail
from workers.channels.publisher import Publisher
from workers.ports.mailbox import Exhibit, Folder, MailDesk, MailReader, RawMail

TRIES = 3
"""How often a mail is tried whole."""
ANSWER_WITHIN = 15.0
"""Seconds for the workers to register what files are to be kept with."""

Done = Literal[
    "submission", "proof", "withdrawal", "kept", "bounce", "left", "unreadable", "refused",
    "failed", "later",
]  # fmt: skip
FOR_A_PERSON = {"unreadable", "refused", "failed"}
"""What of a mail is flagged: nobody but a person can do anything about it."""
Tell = Callable[[Done], None]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One folder, and what is done about its mails."""

    folder: Folder
    reader: MailReader
    publisher: Publisher
    desk: MailDesk
    office: Office
    tell: Tell
    failed: Callable[[Exception], None]
    """Told what kept a mail from being finished."""
    setbacks: Counter[str] = field(default_factory=Counter)
    """How often each unseen mail could not be fetched, or met a bug, since this process began."""

    async def run(self, stop: asyncio.Event, poll: float) -> None:
        """Until `stop` is set; what is in hand is finished."""
        ended = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    done = await self.look(stop)
                except Unreachable:
                    done = 0
                    await asyncio.wait({ended}, timeout=min(poll, 5.0))
                if not done and not stop.is_set():
                    waits = asyncio.create_task(self._wait(poll))
                    await asyncio.wait({ended, waits}, return_when=asyncio.FIRST_COMPLETED)
                    waits.cancel()
                    await asyncio.gather(waits, return_exceptions=True)
        finally:
            ended.cancel()

    async def _wait(self, poll: float) -> None:
        try:
            await self.folder.wait(poll)
        except Unreachable:
            await asyncio.sleep(min(poll, 5.0))

    async def look(self, stop: asyncio.Event | None = None) -> int:
        """Go through what is there once; how many mails were finished."""
        finished = 0
        for uid in await self._in_turn():
            if stop is not None and stop.is_set():
                break
            raw = await self._fetched(uid)
            if raw is None:
                continue  # moved away meanwhile
            done = await self._one(raw)
            self.tell(done)
            if done != "later":
                await self.folder.seen(uid, flagged=done in FOR_A_PERSON)
                finished += 1
        return finished

    async def _in_turn(self) -> list[str]:
        """The oldest first, but what had a setback after all that had none."""
        unseen = await self.folder.unseen()
        for gone in self.setbacks.keys() - set(unseen):
            del self.setbacks[gone]
        return sorted(unseen, key=lambda uid: self.setbacks[uid])

    async def _fetched(self, uid: str) -> RawMail | None:
        try:
            return await self.folder.fetch(uid, whole=self.setbacks[uid] < TRIES)
        except Unreachable as error:
            self.setbacks[uid] += 1
            self.failed(error)
            raise

    async def _one(self, raw: RawMail) -> Done:
        try:
            return await self._decided(raw)
        except Refused:
            return "refused"
        except Unreachable:
            raise
        except DsrError as error:
            self.failed(error)
            return "later"
        except Exception as error:  # noqa: BLE001 - a bug of one is nobody else's
            self.failed(error)
            self.setbacks[raw.uid] += 1
            tried = self.setbacks[raw.uid] >= TRIES and not raw.whole
            return "failed" if tried else "later"

    async def _decided(self, raw: RawMail) -> Done:
        read = await self.reader.read(raw)
        if read is None:
            return "unreadable"
        mail = Mail.from_json(read)
        return await self._act(mail, deciding.decide(mail, raw.arrived, self.office))

    async def _act(self, mail: Mail, decision: Decision) -> Done:
        match decision:
            case Leave():
                return "left"
            case Publish():
                return await self._publish(mail, decision)
            case Belongs(request, tracking, sender, otherwise):
                files = (_words(mail), *_files(mail))
                if await self.desk.keep(request, tracking, files, sender=sender):
                    return "kept"
                return await self._publish(mail, otherwise)
        for one in decision:
            await self.desk.unreachable(one.request, one.mail, one.address)
        return "bounce"

    async def _publish(self, mail: Mail, decision: Publish) -> Done:
        body = json.dumps(decision.content, ensure_ascii=False).encode()
        if decision.word == "proof":
            await self.publisher.proof(body)
            return "proof"
        if decision.word == "withdrawal":
            await self.publisher.withdrawal(body)
            return "withdrawal"
        message, answer = await self.publisher.submission(body)
        if decision.files and mail.attachments:
            return await self._with_files(mail, message.submission_id, answer)
        return "submission"

    async def _with_files(
        self, mail: Mail, request: str, answer: asyncio.Future[dict[str, object]]
    ) -> Done:
        """The files are kept once it is registered; until then the mail comes again."""
        try:
            await asyncio.wait_for(answer, ANSWER_WITHIN)
        except TimeoutError:
            return "later"
        # False where it was decided meanwhile: nobody looks at them any more.
        await self.desk.keep(request, None, _files(mail))
        return "submission"


def _files(mail: Mail) -> tuple[Exhibit, ...]:
    return tuple(
        Exhibit(deciding.exhibit_id(mail, number), one.name, one.content)
        for number, one in enumerate(mail.attachments, start=1)
    )


def _words(mail: Mail) -> Exhibit:
    text = f"{mail.subject}\n\n{mail.text}\n"
    return Exhibit(deciding.exhibit_id(mail, 0), "mail.txt", text.encode())
