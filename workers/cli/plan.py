"""`dsr plan`: what a request would touch, before it touches anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import typer

from schemas.errors import NotFound
from schemas.evidence import under_law
from schemas.request import RequestRecord, SubjectRef
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.requests import found
from workers.ports import Erase
from workers.settings import Settings

ACTIONS = {
    "correction": {"action": "corrected", "otherwise": "kept as it was then"},
    "restriction": {"action": "suspended", "otherwise": "suspended"},
    "objection": {"action": "withdrawn", "otherwise": "withdrawn"},
    "access": {"action": "provided", "otherwise": "provided"},
}
"""What becomes of a place, and of one that no correction follows into."""
_FATES = ("deleted", "anonymised", "changed", "archived")


def plan(tracking: str, *, as_json: AsJson = False) -> None:
    """Dry run: what this request would touch. Changes nothing."""
    facts = run(_plan(tracking))
    if as_json:
        show_json(facts)
        return
    _show_deletion(facts) if "counts" in facts else _show_places(facts)
    for recipient, fields in facts["recipients"].items():
        typer.echo(f"  tells {recipient}: {', '.join(fields)}")


def _show_places(facts: Mapping[str, Any]) -> None:
    for place in facts["places"]:
        action = facts["action"] if place["changes"] else facts["otherwise"]
        where = f"{place['collection']} {place['document']} {place['path']}"
        typer.echo(f"  {where}: {place['field']}, {action}")
    for collection in facts["more"]:
        typer.echo(f"  … and more documents of {collection}")


def _show_deletion(facts: Mapping[str, Any]) -> None:
    typer.echo(f"  deletes {', '.join(facts['fields'] or ['the whole account'])}")
    for count in facts["counts"]:
        fates = [f"{count[fate]} {fate}" for fate in _FATES if count[fate]]
        typer.echo(f"  {count['collection']}: {', '.join(fates)}")
    for kept in facts["kept"]:
        what = f"{kept['documents']} of {kept['collection']}"
        typer.echo(f"  archives {what} until {kept['until'][:10]}: {kept['law']['en']}")
    typer.echo(f"  destroys {facts['keys_destroyed']} keys")
    for finding in facts["findings"]:
        where = f"{finding['documents']} of {finding['collection']} at {finding['path']}"
        typer.echo(f"  in the way: {where} ({finding['why']})")


async def _plan(tracking: str) -> dict[str, Any]:
    async with wiring.open_parts(Settings()) as parts:
        record = await found(parts, tracking)
        subject = (await parts.house.tools.sealer.open(record)).subject
        if subject is None:
            raise NotFound(f"{tracking} has no subject yet: nobody matched, so it touches nothing")
        if record.kind == "inquiry":
            raise NotFound(f"{tracking} is a question: a person answers it, and it touches nothing")
        if record.kind == "objection":
            consents = await parts.subject_data.plan_objection(subject, record.fields)
            return {**ACTIONS[record.kind], **asdict(consents)}
        if record.kind != "deletion":
            places = await parts.subject_data.plan(subject, record.fields)
            facts = {**ACTIONS[record.kind], **asdict(places)}
            # Whoever is shown what is held of him changes nothing that anybody would be told.
            return {**facts, "recipients": {}} if record.kind == "access" else facts
        if record.certificate is not None:
            raise NotFound(f"{tracking} is done; see `dsr requests show {tracking} --json`")
        return await _deletion(parts, record, subject)


async def _deletion(
    parts: wiring.Parts, record: RequestRecord, subject: SubjectRef
) -> dict[str, Any]:
    """In the words of the certificate that it would end with."""
    assert record.subject is not None, "a request with a subject has its pseudonym"
    effect = Erase(record.id, subject, record.subject, fields=record.fields or None)
    summary = await parts.erasure.preview(effect)
    every = record.fields or tuple(parts.datamap.subjects[subject.type].fields)
    kept = under_law(summary.kept, parts.datamap.retention_bases)
    return {
        "fields": record.fields or None,
        **summary.model_dump(mode="json", include={"counts", "keys_destroyed", "findings"}),
        "kept": [one.model_dump(mode="json") for one in kept],
        "recipients": await parts.house.tools.subjects.recipients(subject, every),
    }
