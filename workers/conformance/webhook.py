"""A recipient told by webhook: it takes what is signed well, and refuses what is not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.base import parse
from schemas.errors import PutOff, Refused
from schemas.notice import NoticeAnswer
from workers.adapters.recipients import signatures
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.tokens import load_secret
from workers.conformance.finding import SECONDS, Finding, hint, trial_notice
from workers.settings import Settings

QUICK: Final = 5.0
"""An answer that takes longer leaves little of the ten seconds that a call has."""


class Webhook:
    """One look at one such recipient."""

    def __init__(self, name: str, url: str, settings: Settings) -> None:
        self._secret = load_secret(settings.secrets, name, "out")
        self._endpoint = Endpoint(url, allow_private=settings.allow_private_recipients)
        self._id = str(uuid.uuid4())
        self._public_url = settings.public_url.rstrip("/")

    async def findings(self) -> list[Finding]:
        """The good notice first; those that must be refused only where that one is taken."""
        try:
            first = await self._reach()
            return first if not first[-1].ok else [*first, *await self._others()]
        finally:
            self._endpoint.close()

    async def _reach(self) -> list[Finding]:
        started = time.monotonic()
        try:
            answer = await self._send(trial_notice(self._id, self._public_url))
        except PutOff as error:
            return [Finding("a notice arrives and is answered", ok=False, advice=hint(error.code))]
        took = time.monotonic() - started
        advice = f"it answered {answer.status}; a notice whose signature fits is answered 2xx"
        made = [Finding("a notice that is signed well is taken", _good(answer), advice)]
        if not made[-1].ok:
            return made
        slow = f"it took {took:.1f} s; take the notice into a queue, answer, and do it then"
        return [
            Finding("it is answered quickly", took < QUICK, slow),
            Finding(
                "its answer is empty, or says a status",
                _is_word(answer),
                'say nothing, or {"status": "acknowledged" | "applied" | "refused"} and, if you'
                " like, a reason; anything else counts as taken, and is never read",
            ),
            *made,
        ]

    async def _others(self) -> list[Finding]:
        body = trial_notice(self._id, self._public_url)
        old = datetime.now(UTC) - timedelta(minutes=10)
        good = signatures.sign(self._secret, self._id, body)
        wrong = "check the signature over the raw body, before you parse it, with the secret"
        return [
            await self._expect(
                "the same notice again is taken as well",
                lambda: self._send(body),
                good=True,
                advice="a notice may come twice under one webhook-id: answer 2xx, do nothing",
            ),
            await self._expect(
                "a part of the body that it does not know disturbs nothing",
                lambda: self._send(trial_notice(self._id, self._public_url, later="unknown")),
                good=True,
                advice="ignore what you do not know: a later version may say more",
            ),
            await self._expect(
                "an altered body is refused",
                lambda: self._post(body.replace('"test"', '"deletion"', 1), good),
                good=False,
                advice=f"{wrong}, and answer 401",
            ),
            await self._expect(
                "a notice of ten minutes ago is refused",
                lambda: self._send(body, old),
                good=False,
                advice="refuse a webhook-timestamp that is more than five minutes off: a replay",
            ),
            await self._expect(
                "a notice without a signature is refused",
                lambda: self._post(body, {}),
                good=False,
                advice=f"{wrong}, and answer 401 where there is none",
            ),
        ]

    async def _expect(
        self, what: str, call: Callable[[], Any], *, good: bool, advice: str
    ) -> Finding:
        try:
            answer: Answer = await call()
        except PutOff as error:
            return Finding(what, ok=False, advice=hint(error.code))
        ok = _good(answer) if good else 400 <= answer.status < 500
        return Finding(what, ok, f"it answered {answer.status}; {advice}")

    async def _send(self, body: str, at: datetime | None = None) -> Answer:
        return await self._post(body, signatures.sign(self._secret, self._id, body, at))

    async def _post(self, body: str, headers: dict[str, str]) -> Answer:
        headers = {**headers, "content-type": "application/json"}
        return await self._endpoint.post(body.encode(), headers, SECONDS)


def _good(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _is_word(answer: Answer) -> bool:
    if answer.body is None:
        return False
    if not answer.body.strip():
        return True
    try:
        parse(NoticeAnswer, answer.body)
    except Refused:
        return False
    return True
