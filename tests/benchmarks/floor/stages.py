"""The stages, each in the order of its writes."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.benchmarks.floor.amqp import Handler, Publisher
from tests.benchmarks.floor.outside import Outside, letter
from tests.benchmarks.floor.store import Document, Move, Store, submission


class Stages:
    """What handles the items of each queue."""

    after_proof = "correction"
    """The step that a proof opens."""

    def __init__(self, store: Store, publisher: Publisher, outside: Outside) -> None:
        self._store = store
        self._publisher = publisher
        self._outside = outside
        self._strikes: set[asyncio.Task[None]] = set()

    @property
    def handlers(self) -> dict[str, Handler]:
        """Per queue."""
        return {
            "floor.registration": self.register,
            "floor.challenge": self.challenge,
            "floor.proof": self.prove,
            "floor.correction": self.correct,
            "floor.propagation": self.propagate,
            "floor.mailing": self.mail,
        }

    async def settle(self) -> None:
        """The strikes that still run are finished."""
        if self._strikes:
            await asyncio.gather(*self._strikes)

    async def register(self, bodies: list[str]) -> None:
        """Submissions become requests."""
        ids, stamp = await self._store.insert(bodies)
        await self._post(ids, stamp, "challenge", "request.received")

    async def challenge(self, ids: list[str]) -> None:
        """Find the person, open the challenge."""
        requests = await self._store.read("_id", ids)
        told = {r["_id"]: submission(r)["subject"]["email"] for r in requests}
        people = await self._store.people(list(told.values()))
        now = datetime.now(UTC)
        moves = []
        for r in requests:
            number = {"number": 1, "issued_at": now, "ends_at": now, "tries": [], "dead": False}
            sets = {
                "subject": str(people[told[r["_id"]]]["_id"]),
                "subject_type": "member",
                "sealed": r["sealed"],
                "challenge": number,
                "challenges": [now],
                "mails": {"challenge-1": _mail(r, "challenge-1", now)},
            }
            opens = ("mail:challenge-1", "expiry")
            owes = ("mail:challenge-1", "request.awaiting_proof")
            moves.append(Move(r, "challenged", sets, "awaiting_proof", ("challenge",), opens, owes))
        stamp = await self._store.commit(moves)
        await self._post(ids, stamp, "mailing", "request.awaiting_proof")

    async def prove(self, bodies: list[str]) -> None:
        """Restrict, then move on."""
        proofs = {told["tracking"]: told for told in map(json.loads, bodies)}
        requests = await self._store.read("tracking", list(proofs))
        await self._store.restrict(requests)
        now = datetime.now(UTC)
        owes = (self.after_proof, "restriction.applied", "request.verified")
        moves = []
        for r in requests:
            proof_id = proofs[r["tracking"]]["proof_id"]
            proof = {"id": proof_id, "route": "web", "number": 1, "at": now, "digest": r["digest"]}
            sets = {"proof": proof}
            moves.append(
                Move(r, "proven", sets, "verified", ("expiry",), (self.after_proof,), owes)
            )
        stamp = await self._store.commit(moves)
        ids = [r["_id"] for r in requests]
        await self._post(ids, stamp, self.after_proof, "restriction.applied", "request.verified")

    async def correct(self, ids: list[str]) -> None:
        """The company's data, then the request."""
        requests = await self._store.read("_id", ids)
        await self._store.correct(requests)
        sets = {
            "applied_at": datetime.now(UTC),
            "results": {"home_address": {"result": "corrected", "places": 4}},
        }
        opens = ("propagation", "interim")
        owes = ("propagation", "restriction.lifted", "request.applied")
        stamp = await self._store.commit(
            [Move(r, "corrected", sets, "applied", ("correction",), opens, owes) for r in requests]
        )
        await self._post(ids, stamp, "propagation", "restriction.lifted", "request.applied")

    async def propagate(self, ids: list[str]) -> None:
        """Mark, tell the recipient, record its answer; completion joins the same write."""
        requests = await self._store.read("_id", ids)
        notices = {r["_id"]: _fresh() for r in requests}
        await self._store.commit([_attempt(r, notices[r["_id"]]) for r in requests])
        answers = await asyncio.gather(
            *(self._notify(r, notices[r["_id"]]["id"]) for r in requests)
        )
        now = datetime.now(UTC)
        owes = ("mail:completion", "notice.applied")
        moves = []
        for r, answer in zip(requests, answers, strict=True):
            sets = {
                "notices": {"carrier": notices[r["_id"]] | {"status": answer, "seq": 1}},
                "sending": [],
                "mails": {**r["mails"], "completion": _mail(r, "completion", now)},
            }
            closes, opens = ("propagation", "interim"), ("mail:completion",)
            moves.append(Move(r, "notices_settled", sets, None, closes, opens, owes))
        stamp = await self._store.commit(moves)
        await self._post(ids, stamp, "mailing", "notice.applied")

    async def mail(self, ids: list[str]) -> None:
        """Mark, send, record."""
        requests = await self._store.read("_id", ids)
        names = {r["_id"]: list(r["mails"])[-1] for r in requests}
        await self._store.commit(
            [Move(r, "mail_attempt", _mails(r, names[r["_id"]], marks=1)) for r in requests]
        )
        await asyncio.gather(*(self._send(r, names[r["_id"]]) for r in requests))
        moves, done = [], []
        for r in requests:
            name = names[r["_id"]]
            sets = _mails(r, name, status="sent")
            if name == "completion":
                done.append(r["_id"])
                owes = ("request.completed",)
                moves.append(Move(r, "mail_sent", sets, "completed", tuple(r["steps"]), owes=owes))
            else:
                moves.append(Move(r, "mail_sent", sets, None, (f"mail:{name}",)))
        stamp = await self._store.commit(moves)
        if done:
            await self._post(done, stamp, None, "request.completed")

    async def _notify(self, request: Document, notice_id: str) -> str:
        body = {
            "schema": "dsr.notice/1",
            "notice_id": notice_id,
            "sequence": 1,
            "subject": {"key": request["subject"]},
            **self._notice(request),
        }
        return await self._outside.notify(notice_id, body)

    def _notice(self, request: Document) -> dict[str, Any]:
        value = submission(request)["changes"][0]["value"]
        return {"type": "correction", "fields": {"address": value}}

    async def _send(self, request: Document, name: str) -> None:
        to = submission(request)["subject"]["email"]
        code = f"{secrets.randbelow(10**8):08}"
        message_id = request["mails"][name]["message_id"]
        await self._outside.mail(to, letter(to, message_id, request["tracking"], code))

    async def _post(self, ids: Sequence[str], stamp: str, work: str | None, *events: str) -> None:
        await self._publisher.post(work, events, ids)
        self._beside(self._store.strike(ids, stamp))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._strikes.add(task)
        task.add_done_callback(self._strikes.discard)


def _mail(request: Document, name: str, now: datetime) -> Document:
    return {
        "message_id": f"<{request['_id']}.{name}@shop.example>",
        "created_at": now,
        "marks": 0,
        "attempts": 0,
        "status": "pending",
        "code": None,
    }


def _mails(request: Document, name: str, **news: object) -> Document:
    return {"mails": {**request["mails"], name: request["mails"][name] | news}}


def _fresh() -> Document:
    return {
        "id": str(uuid4()),
        "fields": ["home_address"],
        "status": "pending",
        "marks": 1,
        "attempts": 0,
        "seq": 0,
        "answer_due": None,
        "error": None,
    }


def _attempt(request: Document, notice: Document) -> Move:
    sets = {
        "notices": {"carrier": notice},
        "notice_ids": [notice["id"]],
        "sending": [f"{request['subject']}|carrier"],
    }
    return Move(request, "notice_attempt", sets)
