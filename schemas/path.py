"""A path into a document, parsed once: `messages.$[].author.name`.

Steps are plain names, `$[]` (each element of an array) and `$key` (the subject's key, where it is
itself the name in an object: `participants.$key.name`). Where two paths share a leading run of
steps up to a `$[]`, they speak of the same element: a link `messages.$[].author_id` beside a copy
`messages.$[].author_name` touches only the elements whose author is the subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

EACH: Final = "$[]"
SUBJECT_KEY: Final = "$key"
MAX_STEPS: Final = 16
MAX_STEP_LENGTH: Final = 64

_NAME: Final = re.compile(r"[^\W\d][\w-]*", re.UNICODE)
_UNSAFE_NAMES: Final = frozenset({"__proto__", "constructor", "prototype"})


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value stands below a document (or below another path)."""

    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Path:
        """Read the dotted form; ValueError says what is wrong with it."""
        steps = tuple(text.split("."))
        if len(steps) > MAX_STEPS:
            raise ValueError(f"a path has at most {MAX_STEPS} steps")
        if steps[0].startswith("$"):
            raise ValueError("a path starts with a name, not with '$'")
        for step in steps:
            if step not in (EACH, SUBJECT_KEY):
                _check_name(step)
        if steps.count(SUBJECT_KEY) > 1:
            raise ValueError("a path holds the subject's key once")
        return cls(steps)

    def __str__(self) -> str:
        """Give the dotted form back."""
        return ".".join(self.steps)

    @property
    def query(self) -> str:
        """The form that MongoDB's queries and indexes use: without the array steps."""
        return ".".join(step for step in self.steps if step != EACH)

    @property
    def has_arrays(self) -> bool:
        """Whether a step goes into each element of an array."""
        return EACH in self.steps

    @property
    def is_keyed(self) -> bool:
        """Whether a step is the subject's own key."""
        return SUBJECT_KEY in self.steps

    def join(self, below: Path) -> Path:
        """`profile.address` and `city` give `profile.address.city`."""
        return Path(self.steps + below.steps)

    def starts_with(self, prefix: Path) -> bool:
        """Whether this path is `prefix` or lies below it."""
        return self.steps[: len(prefix.steps)] == prefix.steps

    def shared_element(self, other: Path) -> Path | None:
        """Give the innermost array element that both paths go through, None where there is none."""
        last = 0
        for index, (mine, theirs) in enumerate(zip(self.steps, other.steps, strict=False)):
            if mine != theirs:
                break
            if mine == EACH:
                last = index + 1
        return Path(self.steps[:last]) if last else None

    def below(self, prefix: Path) -> Path | None:
        """Give what remains of this path after `prefix`; None where nothing remains."""
        if not self.starts_with(prefix):
            raise ValueError(f"{self} is not below {prefix}")
        rest = self.steps[len(prefix.steps) :]
        return Path(rest) if rest else None

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic read a path from its text and write it as its text."""
        return core_schema.no_info_plain_validator_function(
            _read, serialization=core_schema.to_string_ser_schema()
        )


def _check_name(step: str) -> None:
    if not step:
        raise ValueError("a path has no empty step")
    if len(step) > MAX_STEP_LENGTH:
        raise ValueError(f"a step has at most {MAX_STEP_LENGTH} characters")
    if step.startswith("$"):
        raise ValueError("a step starts with '$' only in '$[]' and '$key'")
    if step.isdigit():
        raise ValueError("a step is a name, never a position in an array: use '$[]'")
    if step in _UNSAFE_NAMES or not _NAME.fullmatch(step):
        raise ValueError("a step is a name of letters, digits, '_' and '-'")


def _read(value: object) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise ValueError("a path is text")  # noqa: TRY004 - pydantic reports ValueError
    return Path.parse(value)
