"""`dsr receipt …`: checks what was signed for a person, offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.errors import NotFound
from schemas.evidence import DestructionCertificate, Document, content
from schemas.lifecycle import Status
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.requests import found
from workers.settings import Settings

app = typer.Typer(help="Completion receipts and destruction certificates.", no_args_is_help=True)


@app.command()
def verify(
    file: Annotated[str, typer.Argument(help="Receipt or certificate; `-` reads standard input.")],
    *,
    key: Annotated[
        Path | None, typer.Option(help="Public key (PEM or JWK); default: the key folder's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check signature and content with the public key alone; exits 1 and says why if wrong."""
    body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    public = wiring.read_public_key(key) if key else wiring.receipt_key(Settings())
    document = wiring.verify_receipt(body, public)
    if as_json:
        show_json({"verified": True, "kid": public.kid, "document": content(document)})
        return
    typer.echo(f"Genuine: signed with key {public.kid}, not altered since.")
    for line in _lines(document):
        typer.echo(line)


@app.command()
def show(tracking: str) -> None:
    """Print the signed receipt of a completed request, as JSON; its newest revision."""
    show_json(run(_receipt(tracking)))


@app.command("public-key")
def public_key(*, as_json: AsJson = False) -> None:
    """Print the public key that checks what we sign: as PEM, with --json as JWK."""
    key = wiring.receipt_key(Settings())
    if as_json:
        show_json(key.jwk())
    else:
        typer.echo(key.pem().decode(), nl=False)


async def _receipt(tracking: str) -> dict[str, Any]:
    async with wiring.open_parts(Settings()) as parts:
        record = await found(parts, tracking)
        receipts = await parts.audit_log.receipts([record.id])
    if record.id not in receipts:
        completed = record.status is Status.COMPLETED
        raise NotFound(
            f"{tracking} has no receipt yet: `dsr worker upkeep` issues it within seconds"
            if completed
            else f"{tracking} has no receipt: it is {record.status}, not completed"
        )
    return receipts[record.id]


def _lines(document: Document) -> list[str]:
    """What the document says, in short."""
    head = f"{document.tracking}, revision {document.revision}, issued by {document.issuer.en}"
    if not isinstance(document, DestructionCertificate):
        return [
            f"Completion receipt of {head}",
            f"{document.kind}: {document.status}, {document.completed_at.isoformat()}",
            *(f"  {done.field}: {done.result}" for done in document.fields),
            *(f"  {told.recipient}: {told.status}" for told in document.recipients),
            f"in the signed log as entry {document.log.leaf}",
        ]
    second = document.shredded_at
    return [
        f"Destruction certificate of {head}",
        f"destroyed {document.destroyed_at.isoformat()}",
        f"shredded {second.isoformat()}" if second else f"epoch {document.key_epoch} still exists",
        *(
            f"  {one.collection}: {one.deleted} deleted, {one.anonymised} anonymised,"
            f" {one.changed} changed, {one.archived} archived"
            for one in document.counts
        ),
        *(
            f"  {one.collection}: {one.documents} kept until {one.until.isoformat()}, {one.law.en}"
            for one in document.kept
        ),
        *(
            f"  scanned {scan.at.isoformat()}: {len(scan.findings)} findings"
            for scan in document.rescans
        ),
    ]
