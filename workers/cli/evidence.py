"""`dsr review attach` and `evidence`: what a person handed in, and a look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import DsrError
from schemas.review import Purpose, Role
from workers.cli.common import run
from workers.cli.desk import By, open_desk
from workers.desk.evidence import LARGEST, describe, look_at
from workers.desk.evidence import attach as keep


def attach(
    tracking: str,
    file: Annotated[str, typer.Argument(help="A file to keep sealed until it is decided.")] = "",
    *,
    by: By,
    seen: Annotated[str, typer.Option(help="Or what you were shown; no copy is kept.")] = "",
) -> None:
    """Add evidence; files are sealed, and destroyed once the request is decided."""
    if bool(file) == bool(seen):
        raise typer.BadParameter("give a file, or --seen with what you were shown")
    content = read(file) if file else None
    typer.echo(run(_attach(tracking, by, Path(file).name, content, seen)))


def evidence(
    tracking: str,
    exhibit: str,
    out: Annotated[Path, typer.Argument(help="Where to write it.")],
    *,
    by: By,
    reveal: Annotated[Purpose, typer.Option(help="What for; on record.")] = Purpose.EVIDENCE,
) -> None:
    """Write a file that was attached, to look at it; that is recorded."""
    content = run(_evidence(tracking, exhibit, by, reveal))
    out.touch(mode=0o600)
    out.write_bytes(content)
    typer.echo(f"written to {out}; delete it when you have seen it")


def read(file: str) -> bytes:
    """What lies there, if it can be kept."""
    content = Path(file).read_bytes()
    if len(content) > LARGEST:
        raise DsrError(f"{file} is larger than 8 MB")
    return content


async def _attach(tracking: str, by: str, name: str, content: bytes | None, seen: str) -> str:
    async with open_desk(by) as desk:
        if content is None:
            return await describe(desk, tracking, seen)
        return await keep(desk, tracking, name, content)


async def _evidence(tracking: str, exhibit: str, by: str, purpose: Purpose) -> bytes:
    async with open_desk(by, Role.REVIEWER) as desk:
        _, content = await look_at(desk, tracking, exhibit, purpose)
        return content
