"""`dsr schemas`: all messages and what a person is handed, for programs and to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from schemas.messages import Events, Work
from schemas.notice import NoticeAnswer
from schemas.package import PackageFile
from schemas.submission import Proof, Submission, Withdrawal
from workers.cli import asyncapi

PUBLISHED: dict[str, type[BaseModel]] = {
    "submission": Submission,
    "proof": Proof,
    "withdrawal": Withdrawal,
    "work": Work,
    "events": Events,
    "notice-answer": NoticeAnswer,
    "package": PackageFile,
}


def rendered() -> dict[str, str]:
    """File name and content of every schema, of the AsyncAPI document and of its page."""
    files = {
        f"{name}.schema.json": json.dumps(
            model.model_json_schema(by_alias=True), ensure_ascii=False, indent=2, sort_keys=True
        )
        + "\n"
        for name, model in PUBLISHED.items()
    }
    return {**files, "asyncapi.json": asyncapi.rendered_document(), "messages.md": asyncapi.page()}


def schemas(
    out: Annotated[Path, typer.Option(help="Folder to write them to.")] = Path("docs/schemas"),
) -> None:
    """Write the schemas of all messages, as JSON Schema, AsyncAPI and a page to read."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in rendered().items():
        (out / name).write_text(content, encoding="utf-8")
        typer.echo(f"{out / name}")
