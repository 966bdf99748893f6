"""Reads as much of a Dockerfile as ours uses; whatever else stands in it is an error."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

STEPS = {"RUN", "COPY", "WORKDIR", "ENV"}
SETTINGS = {"USER", "ENTRYPOINT", "CMD", "HEALTHCHECK", "LABEL", "EXPOSE", "STOPSIGNAL"}


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its word, and the rest of its line with continuations joined."""

    word: str
    rest: str


@dataclass
class Stage:
    """One `FROM` and what follows it."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def command(self, word: str) -> list[str]:
        """ENTRYPOINT, CMD or HEALTHCHECK in its exec form, the only one that is allowed."""
        found = json.loads(self.settings[word][self.settings[word].index("[") :])
        assert isinstance(found, list)
        return found

    def environment(self) -> dict[str, str]:
        """All that ENV sets."""
        return {
            name: value
            for step in self.steps
            if step.word == "ENV"
            for name, value in assignments(step.rest).items()
        }

    def folder(self) -> str:
        """The last WORKDIR."""
        return [step.rest for step in self.steps if step.word == "WORKDIR"][-1]


def read(file: Path) -> list[Stage]:
    """The stages in their order."""
    stages: list[Stage] = []
    for step in _instructions(file.read_text()):
        if step.word == "FROM":
            base, *named = step.rest.split()
            stages.append(Stage(base, named[1] if named else str(len(stages))))
        elif step.word in STEPS:
            stages[-1].steps.append(step)
        elif step.word in SETTINGS:
            stages[-1].settings[step.word] = step.rest
        else:
            raise ValueError(f"this runner does not know {step.word}")
    return stages


def assignments(rest: str) -> Mapping[str, str]:
    """`A=1 B="2 3"` of an ENV or LABEL."""
    pairs = (word.partition("=") for word in shlex.split(rest))
    return {name: value for name, _, value in pairs}


def context(root: Path, ignore: Path) -> Iterator[PurePosixPath]:
    """The files that a build would be sent: the last pattern that fits a path decides."""
    lines = [line.strip() for line in ignore.read_text().splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    for top in sorted(root.iterdir()):
        # A folder that nothing brings back need not be walked.
        if top.name in {pattern.lstrip("!").partition("/")[0] for pattern in patterns}:
            for file in [top] if top.is_file() else sorted(top.rglob("*")):
                path = PurePosixPath(file.relative_to(root))
                if file.is_file() and not _ignored(path, patterns):
                    yield path


def _ignored(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    ignored = False
    for pattern in patterns:
        if _fits(path, pattern.removeprefix("!")):
            ignored = not pattern.startswith("!")
    return ignored


def _fits(path: PurePosixPath, pattern: str) -> bool:
    """Whether the pattern names the path or a folder above it."""
    if pattern.startswith("**/"):
        return any(fnmatchcase(part, pattern[3:]) for part in path.parts)
    depth = pattern.count("/") + 1
    return fnmatchcase("/".join(path.parts[:depth]), pattern)


def _instructions(text: str) -> Iterator[Step]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    for line in joined.splitlines():
        if line.strip():
            word, rest = line.split(None, 1)
            yield Step(word.upper(), rest.strip())
