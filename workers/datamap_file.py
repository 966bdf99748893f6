"""Read the data map's file: YAML with everything left out that could surprise.

No tags, no aliases, no duplicate keys, a size cap; and only the plain scalars of YAML 1.2, so that
`correctable: no` stays a word and `0212` stays text.
"""

from __future__ import annotations

import re
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.resolver import Resolver

from schemas.datamap import DataMap, parse
from schemas.errors import DataMapError

if TYPE_CHECKING:
    import os

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 40


class _Refused(yaml.YAMLError):
    def __init__(self, mark: yaml.Mark | None, reason: str) -> None:
        super().__init__(reason)
        self.problem_mark = mark
        self.problem = reason


class _PlainLoader(Composer, CParser, SafeConstructor, Resolver):
    """A safe loader without tags, aliases, duplicate keys and YAML 1.1's surprises.

    libyaml reads it: PyYAML's own parser takes ten times as long, and every command reads a map.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def __init__(self, stream: str) -> None:
        Composer.__init__(self)
        CParser.__init__(self, stream)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Refused(event.start_mark, "aliases and anchors are not allowed")
        if getattr(event, "tag", None) is not None:
            raise _Refused(event.start_mark, "tags are not allowed")
        if self._depth >= MAX_DEPTH:
            raise _Refused(event.start_mark, "nested too deeply")
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused(key.start_mark, "a key is a word")
            if key.value in seen:
                raise _Refused(key.start_mark, f"the key {key.value!r} stands twice")
            seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return {str(key): value for key, value in made.items()}

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave `<<` a plain key: merging is a kind of alias."""


def _scalar(tag: str, pattern: str, first: str) -> None:
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


_scalar("bool", r"^(?:true|false)$", "tf")
_scalar("null", r"^(?:~|null)?$", "~n\0")
_scalar("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789")
_scalar("float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$", "-0123456789")
_PlainLoader.yaml_implicit_resolvers.setdefault("", []).append(
    ("tag:yaml.org,2002:null", re.compile(r"^$"))
)


def load(path: str | os.PathLike[str], *, allow_private_recipients: bool = False) -> DataMap:
    """Read and check the map; `DataMapError` says in which file, and where in it."""
    file = FilePath(path)
    try:
        with file.open("rb") as stream:
            body = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataMapError(str(file), error.strerror or "cannot be read") from error
    return loads(body, source=file.name, allow_private_recipients=allow_private_recipients)


def loads(body: bytes, *, source: str, allow_private_recipients: bool = False) -> DataMap:
    """Do the same from the file's bytes."""
    if len(body) > MAX_BYTES:
        raise DataMapError(source, f"larger than {MAX_BYTES} bytes")
    content = read_yaml(body, source)
    if not isinstance(content, dict):
        raise DataMapError(source, "is not a mapping")
    return parse(content, source=source, allow_private_recipients=allow_private_recipients)


def read_yaml(body: bytes, source: str) -> Any:
    """What the YAML says; `DataMapError` names source and line."""
    try:
        loader = _PlainLoader(body.decode("utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise DataMapError(source, "is not UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{source}, line {mark.line + 1}" if mark else source
        raise DataMapError(where, getattr(error, "problem", None) or "not YAML") from error
    except (RecursionError, ValueError) as error:
        raise DataMapError(source, "cannot be read as YAML") from error
