"""From an envelope to messages; whatever does not fit the contract is refused with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from schemas.base import parse
from schemas.errors import PutOff, Reason, Refused
from schemas.messages import ACKS, INTAKE, JOSE, MAX_ITEMS, WORK_SCHEMA, Do, Message, Work
from schemas.steps import stage_of
from schemas.submission import Proof, Submission, Withdrawal, own_id
from workers.pipeline import Station
from workers.ports import Envelope, IntakeOpener
from workers.runtime import acks

MAX_TOKEN = 512 * 1024


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """What a company asks of its channels, beside the contract."""

    opener: IntakeOpener
    require_sealed: bool = False
    users: Mapping[str, str] = field(default_factory=dict)
    """Per channel, the broker users (`one|another`) that alone may publish for it, beside ours."""
    own_user: str = ""
    """Our own broker user: `dsr web` and `dsr dead retry` publish as it."""
    signed: acks.Signed = field(default_factory=acks.NobodySigns)


def decode(envelope: Envelope, station: Station, rules: IntakeRules) -> list[Message]:
    """The messages in an envelope; `Refused` if it can never be handled, `PutOff` if not yet."""
    if envelope.exchange == INTAKE:
        return [_intake(envelope, station, rules)]
    if envelope.exchange == ACKS:
        return [acks.read(envelope, rules.signed)]
    return _work(envelope, station)


def _work(envelope: Envelope, station: Station) -> list[Message]:
    try:
        work = Work.model_validate_json(envelope.body)
    except ValidationError:
        if b'"dsr.work/' in envelope.body and f'"{WORK_SCHEMA}"'.encode() not in envelope.body:
            # A newer version of ours is being rolled out: wait until this worker is replaced.
            raise PutOff("newer_schema") from None
        raise Refused(Reason("$", "not_a_message_of_ours")) from None
    if len(work.items) > MAX_ITEMS:
        raise Refused(Reason("$.items", "too_many"))
    try:
        astray = any(stage_of(item.step) != station.name for item in work.items)
    except KeyError:
        astray = True
    if astray:
        raise Refused(Reason("$.items", "not_a_step_of_this_stage"))
    return [Do(item.request, item.step) for item in work.items]


def _intake(envelope: Envelope, station: Station, rules: IntakeRules) -> Message:
    word, _, channel = envelope.routing_key.partition(".")
    model = dict(station.intake).get(word)
    if model is None:
        raise Refused(Reason("$", "unknown_routing_key"))
    message = parse(model, _opened(envelope, rules))
    assert isinstance(message, Submission | Proof | Withdrawal)
    if message.channel != channel:
        raise Refused(Reason("$.channel", "disagrees_with_routing_key"))
    allowed = {*rules.users.get(channel, "").split("|"), rules.own_user} - {""}
    if channel in rules.users and envelope.user_id not in allowed:
        raise Refused(Reason("$.channel", "disagrees_with_broker_user"))
    if envelope.message_id is not None and envelope.message_id.lower() != own_id(message):
        raise Refused(Reason("$", "disagrees_with_message_id"))
    return message


def _opened(envelope: Envelope, rules: IntakeRules) -> bytes:
    if envelope.content_type == JOSE:
        if len(envelope.body) > MAX_TOKEN:
            raise Refused(Reason("$", "too_large"))
        return rules.opener.unseal(envelope.body)
    if rules.require_sealed:
        raise Refused(Reason("$", "not_sealed"))
    return envelope.body
