"""A whole house in memory: the real stages, runtime, consumers, tokens and seals between the fakes.

A test publishes, lets the workers work, moves the database's clock, kills the worker, and looks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from schemas.guardianship import Guardianship
from schemas.letters import ChallengeFacts
from schemas.messages import INTAKE, Message
from schemas.request import Contact, Request, RequestRecord, SubjectRef
from tests.cast import (
    MINJI,
    MINJI_IS_KNOWN_BY,
    MINJIS_MAIL,
    MORNING,
    OLD_ADDRESS,
    datamap,
    new_id,
    proof_content,
    said,
    submission_content,
)
from tests.fakes import (
    Clock,
    Crash,
    Faults,
    MemoryBroker,
    MemoryEvidence,
    MemoryParked,
    MemoryRequests,
    MemorySealer,
    MemorySubjects,
    NothingSealed,
    Record,
    RecordingOutbound,
)
from tests.fakes.offences import offences
from tests.login import Login
from tests.own_tasks import Tasks, own_tasks
from workers.adapters.calendars import clocks
from workers.adapters.tokens import Tokens
from workers.adapters.vault import KeyFolder
from workers.pipeline import PIPELINE, STATIONS, Station
from workers.ports import Envelope, Policy, Tools
from workers.runtime import clock as upkeep
from workers.runtime import outbox
from workers.runtime.consumer import PREFETCH, Consumer
from workers.runtime.conveyor import Item, carry
from workers.runtime.decode import IntakeRules, decode
from workers.runtime.house import House
from workers.runtime.topology import queue_name

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

POLICY = Policy(
    public_url="https://privacy.smallmachines.example",
    mail_domain="dsr.smallmachines.example",
    default_language="ko",
    proof_window=timedelta(hours=72),
    grace=HOUR,
    step_timeout=2 * MINUTE,
    interim_after=50 * MINUTE,
    max_tries=5,
    challenges_a_day=3,
    requests_a_day=20,
    cooling_off=DAY,
    cooling_off_young=5 * DAY,
    contact_is_young=30 * DAY,
    second_scan=DAY,
    letter_window=7 * DAY,
    task_within=2 * DAY,
    package_kept=timedelta(days=7),
    package_downloads=5,
    clocks=clocks("korea", "", "Europe/Brussels", 0.5),
    approval_delay=DAY,
)


class World:
    """Everything, with Minji on file and one recipient that received her address."""

    def __init__(self, policy: Policy = POLICY, rules: IntakeRules | None = None) -> None:
        self.faults = Faults()
        self.clock = Clock(MORNING)
        self.requests = MemoryRequests(self.clock, self.faults)
        self.subjects = MemorySubjects(self.faults)
        self.subjects.now = lambda: self.clock.now
        self.sealer = MemorySealer(self.faults)
        self.outbound = RecordingOutbound(self.subjects, self.faults)
        self.parked = MemoryParked(self.faults)
        self.broker = MemoryBroker(self.faults)
        self.tokens = Tokens(KeyFolder(b"m" * 32, {1: b"e" * 32}))
        self.evidence = MemoryEvidence()
        self.login = Login()
        self.policy, self.rules = policy, rules or IntakeRules(NothingSealed())
        self.house = self.new_house()
        self.join("1001", **MINJI_IS_KNOWN_BY)
        self.subjects.ledger["1001"] = {"hanbit-delivery": ("home_address", "name")}

    def new_house(self) -> House:
        """What a worker process builds when it starts."""
        return House(
            requests=self.requests,
            subjects=self.subjects,
            outbound=self.outbound,
            publisher=self.broker,
            answers=self.broker,
            parked=self.parked,
            rules=self.rules,
            strike_after=0.0,
            tools=Tools(
                now=MORNING,
                monotonic=0.0,
                policy=self.policy,
                datamap=datamap(),
                subjects=self.subjects,
                requests=self.requests,
                sealer=self.sealer,
                tokens=self.tokens,
                evidence=self.evidence,
                assertions=self.login.assertions,
                rests=self.outbound.rests,
            ),
        )

    def join(self, key: str, **known_by: str) -> None:
        """A member, whom these identifiers find."""
        self.subjects.records[key] = Record(
            SubjectRef(type="member", key=key),
            known_by,
            (MINJIS_MAIL if key == MINJI.key else Contact(kind="mail", value=f"{key}@a.example"),),
            {"home_address": OLD_ADDRESS, "name": "김민지", "hobbies": ["독서"]},
        )

    def adopt(self, key: str = "1042", **changed: Any) -> Guardianship:
        """A member of eleven years, by login `seoyun`, whose father is Lee Jiho."""
        self.join(key, login_id="seoyun", name="이서윤")
        father = {
            "name": "이지호",
            "email": "jiho@mail.example",
            "phone": "010-2222-3333",
            "lapses_at": MORNING + 3 * 365 * DAY,
        }
        made = Guardianship(**{**father, **changed})
        self.subjects.records[key].guardianship = made
        return made

    # --- What channels and people do -------------------------------------------------------------

    def publish(self, word: str, content: Mapping[str, Any] | bytes, **properties: Any) -> None:
        """A channel publishes; its routing key and message id agree with the body."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        own = {} if isinstance(content, bytes) else content
        key = properties.pop("routing_key", f"{word}.{own.get('channel', 'web')}")
        properties.setdefault("message_id", own.get(f"{word}_id"))
        found = self.broker.arrive(
            INTAKE, key, body, **{"content_type": "application/json", **properties}
        )
        assert found == 1, "every message from a channel has its queue"

    async def submit(self, **other: Any) -> Request:
        """Minji's correction comes in, and the workers do all that they can."""
        content = submission_content(**other)
        self.publish("submission", content)
        await self.work()
        return self.request(content["submission_id"])

    def publish_proof(self, request: Request, code: str | None = None, **other: Any) -> None:
        """Somebody types a code; the right one unless another is given."""
        properties = {n: other.pop(n) for n in ("reply_to", "correlation_id") if n in other}
        content = proof_content(request.tracking, code or self.code(request), **other)
        self.publish("proof", content, **properties)

    async def prove(self, request: Request, code: str | None = None, **other: Any) -> None:
        """The same, and the workers do all that they can."""
        self.publish_proof(request, code, **other)
        await self.work()

    def publish_assertion(
        self, request: Request, token: str, proof_id: str | None = None, **properties: Any
    ) -> None:
        """The company's own web site says who is signed in."""
        content = proof_content(
            request.tracking, None, assertion=token, proof_id=proof_id or new_id()
        )
        self.publish("proof", content, **properties)

    async def signed_in(self, **other: Any) -> Request:
        """Minji is signed in when she asks, and no code is waited for."""
        content = submission_content(**other)
        self.publish("submission", content)
        await self.work()
        request = self.request(content["submission_id"])
        token = self.login.says(said(content), self.clock.now)
        self.publish_assertion(request, token)
        await self.work()
        return self.request(request.id)

    async def proven(self, **other: Any) -> Request:
        """A correction that has been submitted and proven."""
        request = await self.submit(**other)
        await self.prove(request)
        return self.request(request.id)

    # --- What the workers do ---------------------------------------------------------------------

    async def work(self, *stages: str) -> None:
        """Run the consumers of these stages, or all, until they have nothing left to do."""
        stations = [station for station in PIPELINE if station.listens]
        chosen = [station for station in stations if not stages or station.name in stages]
        queues = [queue_name(station) for station in chosen]
        with own_tasks() as own:
            consumers = [self.consumer(station) for station in chosen]
            running = [asyncio.create_task(consumer.run()) for consumer in consumers]
            await self._until(
                own,
                done=lambda: (
                    self.broker.idle(queues)
                    and not self.house.background
                    and all(consumer.idle for consumer in consumers)
                ),
            )
        assert all(task.cancelled() for task in running), "a consumer never ends by itself"

    def consumer(self, station: Station) -> Consumer:
        """The consumer of one stage, on its queue."""
        subscription = self.broker.subscribe(queue_name(station), PREFETCH)
        return Consumer(self.house, station, subscription)

    async def tick(self, passing: timedelta = timedelta(0)) -> None:
        """Time passes; the clock is looked at, the relay looks for debts, the workers work."""
        self.clock.now += passing
        with own_tasks() as own:
            jobs = asyncio.create_task(self._look_at_clock())
            await self._until(own, done=lambda: jobs.done() and not self.house.background)
        jobs.result()
        await self.work()

    async def _look_at_clock(self) -> None:
        await upkeep.due_steps(self.house)
        await outbox.relay(self.house)

    async def _until(self, own: Tasks, done: Callable[[], bool]) -> None:
        """Let the workers run until then; a worker that dies takes all its tasks with it."""
        async with asyncio.timeout(20):
            while not done() and not self.faults.dead:  # noqa: ASYNC110 - many things may end it
                await asyncio.sleep(0)
        for task in own:
            task.cancel()
        await asyncio.gather(*own, return_exceptions=True)
        if self.faults.dead:
            raise Crash

    async def at_once(self, stage: str, *messages: Message, seed: int) -> list[Item]:
        """Each message goes to a worker of its own, and the seed says how they meet."""
        items = [Item(message) for message in messages]
        houses = [self.new_house() for _ in items]
        self.faults.order = Random(seed)
        await asyncio.gather(
            *(carry(h, STATIONS[stage], [i]) for h, i in zip(houses, items, strict=True))
        )
        await asyncio.gather(*(task for house in houses for task in house.background))
        self.faults.order = None
        return items

    def decoded(self, stage: str, envelope: Envelope) -> list[Message]:
        """What a message holds."""
        return decode(envelope, STATIONS[stage], self.rules)

    def restart(self) -> None:
        """The worker is dead, and another one starts."""
        self.faults.dead = False
        self.faults.crash_at = None
        self.broker.give_back()
        self.house = self.new_house()

    # --- What came of it -------------------------------------------------------------------------

    def request(self, request_id: str) -> RequestRecord:
        """The request as it stands."""
        return RequestRecord.model_validate(self.requests.documents[request_id.lower()])

    def code(self, request: Request) -> str:
        """What the newest challenge mail of this request says."""
        mails = [
            mail.facts.code
            for mail in self.outbound.mails
            if mail.tracking == request.tracking and isinstance(mail.facts, ChallengeFacts)
        ]
        return mails[-1]

    def wrong_code(self, request: Request) -> str:
        """Eight digits that are surely not it."""
        return f"{(int(self.code(request)) + 1) % 10**8:08}"

    def events(self) -> list[str]:
        """What was told on `dsr.events`, in order."""
        return [p.routing_key for p in self.broker.published if p.exchange == "dsr.events"]

    def replies(self) -> list[dict[str, Any]]:
        """What publishers heard."""
        return [json.loads(p.body) for p in self.broker.published if not p.exchange]

    def offences(self) -> list[str]:
        """Every broken invariant that the stores show."""
        ids = self.requests.documents
        return offences({i: self.request(i) for i in ids}, self.subjects, self.clock.now)

    def outcome(self) -> dict[str, Any]:
        """What the world looks like in the end, as far as it does not depend on ids and times."""
        return {
            "statuses": sorted(self.request(i).status for i in self.requests.documents),
            "changed": sorted(field for _, field in self.subjects.changed),
            "records": {key: record.fields for key, record in self.subjects.records.items()},
            "restricted": any(
                by for c in self.subjects.controls.values() for by in c.restricted.values()
            ),
            "mails": sorted(self.outbound.purposes()),
            "notices": sorted(told.recipient for told in self.outbound.notices),
            "parked": sorted(self.parked.reasons()),
            "owed": sum(len(self.request(i).outbox) for i in self.requests.documents),
            "open": sorted(step for i in self.requests.documents for step in self.request(i).steps),
            "offences": self.offences(),
        }


def with_policy(**other: Any) -> Policy:
    """The usual policy, but for these."""
    return replace(POLICY, **other)
