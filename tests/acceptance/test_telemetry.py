"""A real worker, watched: a trace from channel to mail, figures, logs; nobody is named in them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.acceptance.files import forms
from tests.conftest import Names
from tests.town import Town, open_town
from tests.town.collector import Collector, collecting
from tests.town.followed import PHONE, STATEMENT, follow, settings_for
from tests.trace_picture import draw
from workers.adapters.telemetry.traces import ATTRIBUTES


@pytest.fixture
async def watched(names: Names, tmp_path: Path) -> AsyncIterator[tuple[Town, Collector]]:
    with collecting() as collector:
        settings = settings_for(collector)
        async with open_town(tmp_path, names.env(), settings=settings) as town:
            yield town, collector


async def test_one_trace_leads_from_the_channel_to_the_last_mail_and_names_nobody(
    watched: tuple[Town, Collector],
) -> None:
    town, collector = watched
    followed = await follow(town)
    spans = collector.spans()

    names = [span.name for span in spans]
    assert names[0] == "publish submission"
    assert {
        "registration submission", "verification challenge", "verification proof", "correction",
        "company data", "propagation", "send notice", "mailing mail", "send mail",
    } <= set(names)  # fmt: skip
    ours = [span for span in spans if span.attributes.get("dsr.tracking") == followed.tracking]
    assert {span.trace for span in ours} == {spans[0].trace}
    assert {span.trace for span in spans} == {spans[0].trace}
    ids = {span.id for span in spans}
    assert all(span.parent in ids for span in spans[1:])
    assert {name for span in spans for name in span.attributes} <= ATTRIBUTES
    told = [span.attributes for span in spans if span.name == "send notice"]
    assert {"dsr.recipient": "hanbit-delivery", "dsr.status": "applied"} in told
    last = [span.attributes["dsr.purpose"] for span in spans if span.name == "send mail"][-1]
    assert last == "completion"

    status, figures = followed.pages["/metrics"]
    assert status == 200
    done = 'dsr_requests_total{channel="web",kind="correction",status="completed"} 1.0'
    assert done in figures
    assert "dsr_backlog_up 1.0" in figures
    assert "dsr_key_epoch 1.0" in figures
    assert 'dsr_queue_age_seconds_count{stage="registration"} 1.0' in figures
    assert followed.pages["/healthz"][0] == followed.pages["/readyz"][0] == 200
    assert followed.pages["/"][0] == 404

    member = followed.wish.member
    (mail,) = town.spool.of(followed.wish.id, "challenge-1")
    canaries = [
        *forms(PHONE),
        *(
            word.encode()
            for word in (
                STATEMENT, mail.code, member["name"], member["email"], member["login"]["id"],
                followed.wish.writes_from, member["phones"]["mobile"],
            )
        ),
    ]  # fmt: skip
    traces = b"".join(collector.bodies)
    log = followed.log.encode()
    assert followed.tracking.encode() in traces, "the search finds what is there"
    assert b"hanbit-delivery" in figures.encode()
    for word in canaries:
        assert word not in traces
        assert word not in log
        assert word not in figures.encode()
    assert followed.tracking not in figures
    assert all(json.loads(line)["event"] for line in followed.log.splitlines())

    picture = ET.fromstring(draw(spans))  # noqa: S314 - ours
    drawn = {text.text for text in picture.iter() if text.tag.endswith("text")}
    assert {"publish submission", "correction", "send notice", "send mail"} <= drawn
