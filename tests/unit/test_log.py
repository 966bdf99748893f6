"""Logs are an allow-list: identifiers, codes and numbers, never what an exception says."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from workers.runtime import log

SECRET = "900512-2345678"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """`set_up` is for a process of its own; here others log as well."""
    loggers = [logging.getLogger(name) for name in (None, "dsr", *log.NOISY)]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
    logging.getLogger("dsr").propagate = True


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up("DEBUG")
    log.event("parked", stage="registration", queue="dsr.registration", count=3)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at")
    assert line == {
        "level": "info",
        "event": "parked",
        "stage": "registration",
        "queue": "dsr.registration",
        "count": 3,
    }


@pytest.mark.parametrize(
    "name", ["email", "login_id", "value", "text", "message", "body", "exception"]
)
def test_a_field_that_is_not_on_the_list_fails_loudly(name: str) -> None:
    with pytest.raises(ValueError, match="not on the list"):
        log.event("oops", level=logging.ERROR, **{name: SECRET})


def test_a_failure_says_where_and_what_kind_and_nothing_that_it_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up("DEBUG")
    try:
        int(SECRET)
    except ValueError as error:
        log.failure("handler_failed", error, stage="correction", code="internal")
    text = capsys.readouterr().err
    assert SECRET not in text
    line = json.loads(text)
    assert (line["error"], line["level"]) == ("ValueError", "error")
    assert str(line["place"]).startswith("test_a_failure_says_where")


def test_what_drivers_log_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up("DEBUG")
    for name in ("pymongo.command", "aio_pika.connection", "aiormq", "asyncio", "some.library"):
        logging.getLogger(name).error(SECRET)
    assert capsys.readouterr().err == ""
