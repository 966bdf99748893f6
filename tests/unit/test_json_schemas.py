"""The published JSON Schemas are those of the code, and every model comes back as it was sent."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from schemas.lifecycle import Status
from schemas.messages import EVENTS, WORK, Events, Work
from schemas.notice import NoticeAnswer
from schemas.request import Particulars, Request, RequestRecord, to_document
from schemas.submission import Proof, Submission, Withdrawal
from tests.cast import NEW_HOBBIES, proof, proof_content, submission, submission_content, withdrawal
from tests.fakes import Crash
from tests.world import World
from workers.cli.schemas import PUBLISHED, rendered

FOLDER = Path(__file__).parents[2] / "docs/schemas"


def schema(name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    return made


def test_the_files_in_the_repository_are_what_the_code_says() -> None:
    """`dsr schemas` writes them anew."""
    files = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    assert files == rendered()


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_is_a_valid_schema_that_refuses_nonsense(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    everything: tuple[object, ...] = ({}, [], None, {"schema": "dsr.other/1"})
    for nonsense in everything:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(nonsense, schema(name))


@pytest.mark.parametrize("name", ["submission", "proof", "withdrawal", "notice-answer"])
def test_what_comes_from_outside_may_have_no_other_keys(name: str) -> None:
    assert schema(name)["additionalProperties"] is False


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"channel": "phone", "operator": "park", "received_at": "2026-11-22T18:00:00+09:00"},
        {"changes": [{"field": "hobbies", "value": NEW_HOBBIES}], "statement": "취미가 바뀌었어요"},
        {"kind": "deletion", "changes": None, "fields": ["hobbies"]},
        {"kind": "access", "changes": None, "language": "en"},
    ],
)
def test_a_channel_that_follows_the_schema_is_understood(other: dict[str, Any]) -> None:
    content = submission_content(**other)
    jsonschema.validate(content, schema("submission"))
    assert submission(**{"submission_id": content["submission_id"], **other}).kind


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "fax"},
        {"submitted_at": None},
        {"submission_id": "1"},
        {"subject": {"email": {"$gt": ""}}},
        {"is_admin": True},
        {"changes": [{"field": "acct.is_admin", "value": True}]},
    ],
)
def test_what_the_code_refuses_by_form_the_schema_refuses_too(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(submission_content(**wrong), schema("submission"))


async def test_everything_that_workers_publish_follows_its_schema() -> None:
    world = World()
    await world.proven()
    names = {WORK: "work", EVENTS: "events"}
    assert len(world.broker.published) > 10
    for message in world.broker.published:
        jsonschema.validate(json.loads(message.body), schema(names[message.exchange]))


def test_a_proof_that_follows_the_schema_is_understood() -> None:
    content = proof_content("DSR-ACEF-HJKM", "12345678", channel="phone", operator="park")
    jsonschema.validate(content, schema("proof"))
    assert Proof.model_validate_json(json.dumps(content)).operator == "park"


@pytest.mark.parametrize(
    "message",
    [
        submission(),
        submission(channel="phone", received_at="2026-11-22T18:00:00+09:00", operator="park"),
        submission(kind="access", changes=None),
        proof("DSR-ACEF-HJKM", "12345678"),
        withdrawal("DSR-ACEF-HJKM", "12345678"),
        NoticeAnswer(status="refused", reason="unknown"),
        Work.model_validate({"items": [{"request": "r", "step": "mail:x"}]}),
        Events.model_validate(
            {
                "event": "request.received",
                "items": [{"request": "r", "tracking": "t", "at": "2026-11-23T00:00:00.000+00:00"}],
            }
        ),
        Particulars(submission=submission(), values={"hobbies": ["a"], "age": 3, "x": None}),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_message_comes_back_as_it_was_sent(message: BaseModel) -> None:
    sent = message.model_dump_json(by_alias=True)
    assert type(message).model_validate_json(sent) == message


async def test_every_request_comes_back_from_its_document_as_it_was_at_every_status() -> None:
    met = set[Status]()
    for point in range(12, 200, 6):
        world = World()
        world.faults.crash_at = point
        with contextlib.suppress(Crash, KeyError, IndexError):
            await world.proven()
        for document in world.requests.documents.values():
            record = RequestRecord.model_validate(document)
            met.add(record.status)
            assert RequestRecord.model_validate(to_document(record)) == record
            assert to_document(record).keys() == document.keys() - {"stamp"}
    assert met >= {Status.RECEIVED, Status.AWAITING_PROOF, Status.APPLIED, Status.COMPLETED}


def test_a_request_of_a_newer_version_is_read_and_only_what_changed_is_written() -> None:
    document = {
        "_id": "r",
        "tracking": "t",
        "kind": "correction",
        "channel": "web",
        "language": "ko",
        "digest": "d",
        "sealed": b"s",
        **dict.fromkeys(
            ("received_at", "deadline", "created_at", "updated_at"), "2026-11-23T00:00:00Z"
        ),
        "of_a_newer_version": {"a": 1},
    }
    request = Request.model_validate(document)
    assert set(to_document(request, ("status", "version"))) == {"status", "version"}
    assert Submission.model_config["extra"] == Withdrawal.model_config["extra"] == "forbid"
