"""One trace follows a request from its channel to the last mail, and names nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from schemas.errors import Unreachable
from schemas.messages import NothingArrived
from tests.cast import NEW_ADDRESS, new_id, proof_content, submission_content
from tests.rights import say
from tests.world import World
from workers.adapters.telemetry.traces import ATTRIBUTES, Traces
from workers.channels.traced import TracedLine
from workers.ports import OutboundResult
from workers.ports.intake import Answer, Outgoing
from workers.ports.telemetry import TRACEPARENT

CHANNELS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, SPAN = (int(part, 16) for part in CHANNELS.split("-")[1:3])
NOT_SAMPLED = CHANNELS[:-1] + "0"


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def world(kept: InMemorySpanExporter) -> World:
    made = World()
    made.house.tracer = Traces(SimpleSpanProcessor(kept))
    return made


def named(kept: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in kept.get_finished_spans() if span.name == name]


async def corrected(world: World, traceparent: str | None = CHANNELS) -> str:
    """Minji's correction, all the way; the id of the request."""
    content = submission_content()
    world.publish("submission", content, traceparent=traceparent)
    await world.work()
    await world.prove(world.request(content["submission_id"]))
    return str(content["submission_id"])


async def test_every_stage_a_recipient_and_the_mails_are_in_the_trace_of_the_channel(
    world: World, kept: InMemorySpanExporter
) -> None:
    await corrected(world)
    spans = kept.get_finished_spans()
    assert {span.context.trace_id for span in spans if span.context} == {TRACE}
    assert {
        "registration submission",
        "verification challenge",
        "verification proof",
        "correction",
        "company data",
        "propagation",
        "send notice",
        "mailing mail",
        "send mail",
    } <= {span.name for span in spans}
    stages = [s for s in spans if s.name not in {"company data", "send mail", "send notice"}]
    assert {span.parent.span_id for span in stages if span.parent} == {SPAN}
    events = [event for span in spans for event in span.events]
    assert [event.name for event in events].count("registered") == 1
    assert "completed" in {(event.attributes or {})["dsr.status"] for event in events}


async def test_a_wait_of_days_goes_on_in_the_same_trace(
    world: World, kept: InMemorySpanExporter
) -> None:
    world.publish("submission", submission_content(), traceparent=CHANNELS)
    await world.work()
    kept.clear()
    world.restart()
    world.house.tracer = Traces(SimpleSpanProcessor(kept))
    await world.tick(timedelta(days=4))
    (expired,) = named(kept, "verification expiry")
    assert expired.context is not None
    assert expired.context.trace_id == TRACE


async def test_a_channel_that_begins_none_has_its_trace_begun_by_registration(
    world: World, kept: InMemorySpanExporter
) -> None:
    await corrected(world, traceparent=None)
    (first,) = named(kept, "registration submission")
    assert first.parent is None
    assert first.context is not None
    traces = {span.context.trace_id for span in kept.get_finished_spans() if span.context}
    assert traces == {first.context.trace_id}


@pytest.mark.parametrize(
    "header", ["", "minji@mail.example", f"00-{0:032x}-{0:016x}-01", f"{CHANNELS}-{CHANNELS}"]
)
async def test_a_header_that_is_no_trace_begins_none(
    header: str, world: World, kept: InMemorySpanExporter
) -> None:
    request = await corrected(world, traceparent=header)
    (first,) = named(kept, "registration submission")
    assert first.parent is None
    assert world.request(request).trace != header


async def test_what_a_channel_does_not_keep_is_not_kept_here(
    world: World, kept: InMemorySpanExporter
) -> None:
    request = await corrected(world, traceparent=NOT_SAMPLED)
    assert kept.get_finished_spans() == ()
    assert world.request(request).trace == NOT_SAMPLED


async def test_a_proof_that_has_a_trace_is_linked_to_it(
    world: World, kept: InMemorySpanExporter
) -> None:
    content = submission_content()
    world.publish("submission", content, traceparent=CHANNELS)
    await world.work()
    request = world.request(content["submission_id"])
    others = CHANNELS.replace("0af7", "beef")
    world.publish("proof", proof_content(request.tracking, world.code(request)), traceparent=others)
    await world.work()
    (proof,) = named(kept, "verification proof")
    assert proof.context is not None
    assert proof.context.trace_id == TRACE
    assert [f"{link.context.trace_id:032x}" for link in proof.links] == [others.split("-")[1]]


async def test_a_failure_is_told_by_its_code(world: World, kept: InMemorySpanExporter) -> None:
    world.outbound.answers["hanbit-delivery"] = [OutboundResult("put_off", "http_503")]
    await corrected(world)
    told, *_ = named(kept, "send notice")
    assert told.attributes is not None
    assert told.attributes["dsr.code"] == "http_503"
    assert not told.status.is_ok


async def test_what_a_stage_puts_off_is_told_by_its_code(
    world: World, kept: InMemorySpanExporter
) -> None:
    world.outbound.answers["mail"] = [OutboundResult("put_off", "421")]
    world.publish("submission", submission_content(), traceparent=CHANNELS)
    await world.work()
    failed = [span for span in named(kept, "mailing mail") if not span.status.is_ok]
    assert [(span.attributes or {})["dsr.code"] for span in failed] == ["421"]


async def test_what_a_span_says_is_on_the_list_and_no_value_of_a_person(
    world: World, kept: InMemorySpanExporter
) -> None:
    request = world.request(await corrected(world))
    spans = kept.get_finished_spans()
    assert {name for span in spans for name in span.attributes or {}} <= ATTRIBUTES
    said = "".join(span.to_json() for span in spans)
    for word in (NEW_ADDRESS, "minji", "김민지", world.code(request), request.id):
        assert str(word) not in said
    assert request.tracking in said


async def test_who_of_the_desk_did_it_stays_in_the_history(
    world: World, kept: InMemorySpanExporter
) -> None:
    content = submission_content()
    world.publish("submission", content, traceparent=CHANNELS)
    await world.work()
    request = world.request(content["submission_id"])
    assert await say(world, NothingArrived(request.tracking, by="agent-park"))
    assert world.request(request.id).history[-1].by == "desk:agent-park"
    spans = kept.get_finished_spans()
    told = [event for span in spans for event in span.events if event.name == "nothing_arrived"]
    assert [(event.attributes or {})["dsr.stage"] for event in told] == ["desk"]
    assert "agent-park" not in "".join(span.to_json() for span in spans)


class Line:
    """A broker that confirms, or does not."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.sent: list[Outgoing] = []

    async def publish(self, outgoing: Outgoing) -> Answer:
        if self.away:
            raise Unreachable("RabbitMQ does not answer")
        self.sent.append(outgoing)
        return Answer()


async def test_a_channel_sends_its_trace_along(kept: InMemorySpanExporter) -> None:
    line = Line()
    outgoing = Outgoing("submission.web", new_id(), "application/jose", b"sealed")
    await TracedLine(line, Traces(SimpleSpanProcessor(kept))).publish(outgoing)
    (span,) = kept.get_finished_spans()
    assert span.name == "publish submission"
    assert span.context is not None
    header = line.sent[0].headers[TRACEPARENT]
    ours = f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-"
    assert header.startswith(ours)
    assert int(header.removeprefix(ours)) & 1, "it is kept"


async def test_a_channel_whose_broker_is_away_says_so_in_its_trace(
    kept: InMemorySpanExporter,
) -> None:
    outgoing = Outgoing("submission.web", new_id(), "application/jose", b"sealed")
    with pytest.raises(Unreachable):
        await TracedLine(Line(away=True), Traces(SimpleSpanProcessor(kept))).publish(outgoing)
    (span,) = kept.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["dsr.code"] == "unconfirmed"
