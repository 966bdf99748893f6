"""The messages of the broker as an AsyncAPI 3 document, and the same as a page to read.

Both are made from the models, the topology and the statuses, so they cannot drift.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from pydantic import BaseModel

from schemas.lifecycle import Status
from schemas.messages import EVENTS, INTAKE, JOSE, Events
from schemas.notice import NoticeStatus
from schemas.submission import Proof, Submission, Withdrawal

_CHANNELS = ["web", "email", "phone", "post"]
_TAKEN: Mapping[str, tuple[type[BaseModel], str]] = {
    "submission": (Submission, "One data-subject request, as a channel took it in."),
    "proof": (Proof, "What shows that the requester is the person: a code, or an assertion."),
    "withdrawal": (Withdrawal, "The requester takes the request back."),
}
_SEALED = (
    f"The body comes as JSON, or sealed: content type `{JOSE}`, a compact JWE (ECDH-ES+A256KW,"
    " A256GCM) to a key that `dsr keys intake-public` prints. Published persistent, with publisher"
    " confirms and `mandatory`; `message_id` is the id in the body, which is the idempotency key."
)
_TOLD: Mapping[str, str] = {
    **{f"request.{status.value}": f"A request is now `{status.value}`." for status in Status},
    **{
        f"notice.{one.value}": f"A notice to a third party is now `{one.value}`."
        for one in NoticeStatus
    },
    "restriction.applied": "Fields of a person are restricted: no `_usable` view shows them.",
    "restriction.lifted": "They are shown again.",
    "intake.rejected": "A message was refused and parked.",
}
_REASON = {
    "type": "object",
    "required": ["path", "reason"],
    "properties": {
        "path": {"type": "string", "description": "A path of the schema, never a value."},
        "reason": {"type": "string", "description": "A code."},
    },
}
_ANSWER = {
    "title": "Answer",
    "type": "object",
    "required": ["accepted"],
    "properties": {
        "accepted": {"type": "boolean"},
        "tracking": {"type": "string", "description": "Of a submission that was accepted."},
        "errors": {"type": "array", "items": _REASON, "description": "Of one that was refused."},
    },
    "description": "Best effort. To a proof or a withdrawal it says only yes or no.",
}


def document() -> dict[str, Any]:
    """The AsyncAPI document, from the point of view of the workers."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "dsr-workers",
            "version": metadata.version("dsr-workers"),
            "description": "What channels publish, what they hear, and what everybody may follow.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "rabbitmq": {
                "host": "rabbitmq.example:5672",
                "protocol": "amqp",
                "protocolVersion": "0-9-1",
                "description": "RabbitMQ; each channel has a user of its own.",
            }
        },
        "channels": {**dict(_intake()), "answers": _answers(), **dict(_events())},
        "operations": {**dict(_receiving()), **dict(_sending())},
        "components": {
            "messages": dict(_messages()),
            "schemas": {"Answer": _ANSWER, **_schemas()},
        },
    }


def rendered_document() -> str:
    """The document as the file in the repository."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def _exchange(name: str) -> dict[str, Any]:
    exchange = {"name": name, "type": "topic", "durable": True, "autoDelete": False}
    return {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}}


def _intake() -> Iterator[tuple[str, dict[str, Any]]]:
    for word, (_, what) in _TAKEN.items():
        yield (
            word,
            {
                "address": f"{word}.{{channel}}",
                "description": f"{what} On the exchange `{INTAKE}`.",
                "parameters": {"channel": {"enum": _CHANNELS}},
                "messages": {word: {"$ref": f"#/components/messages/{word}"}},
                "bindings": _exchange(INTAKE),
            },
        )


def _answers() -> dict[str, Any]:
    return {
        "address": None,
        "description": "`reply_to` of the message: `amq.rabbitmq.reply-to`, or `dsr.reply.…`.",
        "messages": {"answer": {"$ref": "#/components/messages/answer"}},
    }


def _events() -> Iterator[tuple[str, dict[str, Any]]]:
    for key, what in _TOLD.items():
        yield (
            key,
            {
                "address": key,
                "description": f"{what} On the exchange `{EVENTS}`.",
                "messages": {"events": {"$ref": "#/components/messages/events"}},
                "bindings": _exchange(EVENTS),
            },
        )


def _receiving() -> Iterator[tuple[str, dict[str, Any]]]:
    for word, (_, what) in _TAKEN.items():
        yield (
            f"receive_{word}",
            {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{word}"},
                "summary": what,
                "messages": [{"$ref": f"#/channels/{word}/messages/{word}"}],
                "reply": {
                    "address": {"location": "$message.header#/reply_to"},
                    "channel": {"$ref": "#/channels/answers"},
                    "messages": [{"$ref": "#/channels/answers/messages/answer"}],
                },
            },
        )


def _sending() -> Iterator[tuple[str, dict[str, Any]]]:
    for key, what in _TOLD.items():
        yield (
            f"send_{key.replace('.', '_')}",
            {
                "action": "send",
                "channel": {"$ref": f"#/channels/{key}"},
                "summary": what,
                "messages": [{"$ref": f"#/channels/{key}/messages/events"}],
            },
        )


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for word, (model, what) in _TAKEN.items():
        yield (
            word,
            {
                "name": word,
                "summary": what,
                "description": _SEALED,
                "contentType": "application/json",
                "headers": {
                    "type": "object",
                    "properties": {"reply_to": {"type": "string"}},
                },
                "correlationId": {"location": "$message.header#/correlation_id"},
                "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
            },
        )
    yield (
        "answer",
        {"name": "answer", "payload": {"$ref": "#/components/schemas/Answer"}},
    )
    yield (
        "events",
        {
            "name": "events",
            "summary": "What happened to up to 64 requests; identifiers only, no personal data.",
            "payload": {"$ref": "#/components/schemas/Events"},
        },
    )


def _schemas() -> dict[str, Any]:
    made: dict[str, Any] = {}
    models: list[type[BaseModel]] = [*(model for model, _ in _TAKEN.values()), Events]
    for model in models:
        schema = model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
        made |= schema.pop("$defs", {})
        made[model.__name__] = schema
    return dict(sorted(made.items()))


def page() -> str:
    """The document as a page to read."""
    made = document()
    lines = [
        "# Messages",
        "",
        "Made by `dsr schemas` from the models that the workers validate with.",
        "For programs there is [asyncapi.json](asyncapi.json).",
        "",
        f"## What channels publish to `{INTAKE}`",
        "",
        _SEALED,
    ]
    for word, (model, what) in _TAKEN.items():
        lines += ["", f"### `{word}.<channel>`", "", what, ""]
        lines += _table(made["components"]["schemas"][model.__name__])
    lines += ["", "## What they hear", "", str(_ANSWER["description"]), "", *_table(_ANSWER)]
    lines += ["", f"## What everybody may follow on `{EVENTS}`", ""]
    lines += ["| routing key | what happened |", "| --- | --- |"]
    lines += [f"| `{key}` | {what} |" for key, what in _TOLD.items()]
    lines += ["", *_table(made["components"]["schemas"]["Events"])]
    lines += ["", "## Parts", ""]
    shown = {"Answer", "Events", *(model.__name__ for model, _ in _TAKEN.values())}
    for name, schema in made["components"]["schemas"].items():
        if name not in shown and "properties" in schema:
            lines += [f"### {name}", "", schema.get("description", ""), "", *_table(schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {_kind(part)} | {'yes' if name in required else ''} |"
        for name, part in schema["properties"].items()
    ]
    return ["| key | value | required |", "| --- | --- | --- |", *rows]


def _kind(part: Mapping[str, Any]) -> str:
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{one}`" for one in part["enum"])
    if "anyOf" in part:
        kinds = dict.fromkeys(_kind(one) for one in part["anyOf"] if one.get("type") != "null")
        return " or ".join(kinds)
    if part.get("type") == "array":
        return f"list of {_kind(part['items'])}"
    limits = [f"{part['maxLength']} characters at most"] if "maxLength" in part else []
    limits += [part["format"]] if "format" in part else []
    return ", ".join([str(part.get("type", "any value")), *limits])
