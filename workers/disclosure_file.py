"""A file of disclosures, CSV or JSONL, read row by row; and how far its import has got.

Columns: `subject` (the company's key), `recipient`, `fields` (in CSV with `;` between them), and if
you have them `id` (a UUID), `subject_type`, `at` (ISO 8601 with offset), `basis`, `reference`.
A row without an id gets one that follows from its content, so that no row is recorded twice.
"""

from __future__ import annotations

import csv
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from schemas.base import parse
from schemas.disclosure import DisclosureWish
from schemas.errors import Refused

GROUP: Final = 500
_SPACE: Final = uuid.UUID("6f1d9a52-5c7e-4a3b-9d0e-3c1f2b7a8e90")
_COLUMNS: Final = frozenset(
    {"id", "subject", "subject_type", "recipient", "fields", "at", "basis", "reference"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it says, or why it says nothing."""

    line: int
    """Counted from 1, without a CSV's heading."""
    text: str
    wish: DisclosureWish | None
    reasons: tuple[str, ...] = ()


@dataclass
class Standing:
    """How far it has got, kept beside the file after each group."""

    file: Path
    line: int = 0
    imported: int = 0
    already: int = 0
    bad: int = 0
    _new_bad: list[dict[str, Any]] = field(default_factory=list)

    @property
    def bad_file(self) -> Path:
        """Where rows are listed that could not be recorded."""
        return self.file.with_name(f"{self.file.name}.bad.jsonl")

    @property
    def _kept(self) -> Path:
        return self.file.with_name(f"{self.file.name}.progress")

    @classmethod
    def of(cls, file: Path) -> Standing:
        """Where an import of this very file stopped; a file that changed begins anew."""
        standing = cls(file)
        try:
            kept = json.loads(standing._kept.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = {}
        if kept.get("file") == _identity(file):
            for name in ("line", "imported", "already", "bad"):
                setattr(standing, name, kept[name])
        else:
            standing.bad_file.unlink(missing_ok=True)
        return standing

    def count(self, row: Row, fate: str) -> None:
        """One row more."""
        self.line = row.line
        match fate:
            case "imported":
                self.imported += 1
            case "already":
                self.already += 1
            case _:
                self.bad += 1
                why = list(row.reasons) or [fate]
                self._new_bad.append({"line": row.line, "reasons": why, "row": row.text})

    def keep(self) -> None:
        """Write it down: the bad rows first, so that a crash lists one twice rather than never."""
        if self._new_bad:
            with self.bad_file.open("a", encoding="utf-8") as out:
                for bad in self._new_bad:
                    out.write(json.dumps(bad, ensure_ascii=False) + "\n")
            self._new_bad = []
        numbers = {n: getattr(self, n) for n in ("line", "imported", "already", "bad")}
        draft = self._kept.with_name(f"{self._kept.name}.new")
        draft.write_text(json.dumps({"file": _identity(self.file), **numbers}), encoding="utf-8")
        draft.replace(self._kept)


def lines_of(file: Path) -> int:
    """About how many rows there are, for the bar."""
    with file.open("rb") as content:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: content.read(1 << 20), b""))
    return lines - (file.suffix.lower() == ".csv")


def rows(file: Path, subject: str, *, after: int = 0) -> Iterator[Row]:
    """Every row behind the first so many."""
    reading = _csv(file) if file.suffix.lower() == ".csv" else _jsonl(file)
    for number, (text, said) in enumerate(reading, start=1):
        if number > after:
            yield _row(number, text, said, subject)


def _csv(file: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as content:
        for said in csv.DictReader(content):
            text = json.dumps(said, ensure_ascii=False, default=str)
            unknown = None in said or any(value is None for value in said.values())
            named = {n: v for n, v in said.items() if v} if not unknown else None
            yield text, named and {**named, "fields": named.get("fields", "").split(";")}


def _jsonl(file: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    with file.open(encoding="utf-8-sig", errors="replace") as content:
        for line in content:
            if not line.strip():
                continue
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                said = None
            yield line.rstrip("\n"), said if isinstance(said, dict) else None


def _row(number: int, text: str, said: dict[str, Any] | None, subject: str) -> Row:
    if said is None:
        return Row(number, text, None, ("not_a_row",))
    if unknown := sorted(said.keys() - _COLUMNS):
        return Row(number, text, None, tuple(f"unknown column {name}" for name in unknown))
    fields = said.get("fields")
    names = [str(one).strip() for one in fields] if isinstance(fields, list) else fields
    wish = {
        "schema": "dsr.disclosure/1",
        "id": said.get("id") or str(uuid.uuid5(_SPACE, json.dumps(said, sort_keys=True))),
        "subject": {
            "type": said.get("subject_type", subject),
            "key": str(said.get("subject", "")),
        },
        "recipient": said.get("recipient"),
        "fields": names,
        "basis": {
            "kind": said.get("basis", "contract"),
            "reference": said.get("reference", "before the gate"),
        },
        **({"at": said["at"]} if "at" in said else {}),
    }
    try:
        return Row(number, text, parse(DisclosureWish, json.dumps(wish).encode()))
    except Refused as refused:
        return Row(number, text, None, tuple(f"{r.path}: {r.reason}" for r in refused.reasons))


def _identity(file: Path) -> list[int]:
    """The same file as before, not one of the same name."""
    stat = os.stat(file)  # noqa: PTH116 - the numbers alone
    return [stat.st_size, stat.st_ino, int(stat.st_mtime)]
