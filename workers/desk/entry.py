"""What somebody says on the phone or writes in a letter, typed in at the desk.

It goes the way of every channel: published to the intake (sealed), checked and registered by the
workers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from schemas.datamap import DataMap
from schemas.errors import Reason, Refused, ValueRefused
from schemas.values import FlagSpec, ListSpec, NumberSpec, ObjectSpec, ValueSpec, check
from workers import wiring

PATIENCE = 10.0
"""Seconds to wait for the workers' answer; what is published is not lost without it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One input of a form: of a field, or of one part of it."""

    name: str
    label: str
    kind: str
    options: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of it; no tracking code where the workers have not answered yet."""

    tracking: str | None
    submission: str


def correctable(datamap: DataMap) -> dict[str, Any]:
    """The fields that a person may have corrected, of any kind of person, by name."""
    return {
        name: field
        for subject in datamap.subjects.values()
        for name, field in subject.fields.items()
        if field.correctable != "no" and field.collection is None
    }


def inputs(name: str, spec: ValueSpec, label: str) -> list[Typed]:
    """How a value of this kind is typed in."""
    if isinstance(spec, ObjectSpec):
        return [
            Typed(f"{name}.{part}", part, one.value.kind, _options(one.value), one.required)
            for part, one in spec.parts.items()
        ]
    return [Typed(name, label, spec.kind, _options(spec))]


def _options(spec: ValueSpec) -> tuple[str, ...]:
    return tuple(getattr(spec, "options", ()))


def value_of(name: str, spec: ValueSpec, typed: Mapping[str, str]) -> Any:
    """What was typed, as a submission says it; `Refused` names the field where it does not fit."""
    value: Any
    if isinstance(spec, ObjectSpec):
        parts = {part: typed.get(f"{name}.{part}", "") for part in spec.parts}
        value = {part: text for part, text in parts.items() if text}
    else:
        value = _plain(spec, typed.get(name, ""))
    try:
        check(spec, value)
    except ValueRefused as error:
        raise Refused(Reason(f"$.changes.{name}", error.code)) from None
    return value


def _plain(spec: ValueSpec, text: str) -> Any:
    if isinstance(spec, ListSpec):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(spec, NumberSpec):
        try:
            return int(text)
        except ValueError:
            return text
    return text == "yes" if isinstance(spec, FlagSpec) else text


async def take_in(parts: wiring.Parts, said: Mapping[str, Any], operator: str) -> Entered:
    """Publish it as the channel that it came by; `Refused` says what is wrong with it."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    content = {
        "schema": "dsr.submission/1",
        "submission_id": str(uuid4()),
        "submitted_at": now,
        **said,
        "operator": operator,
    }
    answer = await _publish(parts, "submission", content)
    if answer is None:
        return Entered(None, str(content["submission_id"]))
    if not answer["accepted"]:
        raise Refused(*(Reason(one["path"], one["reason"]) for one in answer["errors"]))
    return Entered(answer["tracking"], str(content["submission_id"]))


async def read_back(parts: wiring.Parts, tracking: str, code: str, operator: str) -> bool | None:
    """The caller has read the code out; None where the workers have not answered yet."""
    content = {
        "schema": "dsr.proof/1",
        "proof_id": str(uuid4()),
        "tracking": tracking,
        "code": code,
        "channel": "phone",
        "operator": operator,
    }
    answer = await _publish(parts, "proof", content)
    return None if answer is None else bool(answer["accepted"])


async def _publish(
    parts: wiring.Parts, word: str, content: Mapping[str, Any]
) -> dict[str, Any] | None:
    body = json.dumps(content, ensure_ascii=False).encode()
    async with wiring.open_publisher(parts.settings, spool=False) as publisher:
        send = publisher.submission if word == "submission" else publisher.proof
        _, answer = await send(body)
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            return None


def reasons_for(error: Refused) -> Sequence[tuple[str, str]]:
    """Where it is wrong and how, for the person who typed it."""
    return [(reason.path.removeprefix("$."), reason.reason) for reason in error.reasons]
