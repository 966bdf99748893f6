"""From the file's content to a map that holds together, or a `DataMapError` that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from schemas.datamap.checks import faults
from schemas.datamap.map import DataMap
from schemas.errors import DataMapError

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse(
    content: Mapping[str, Any], *, source: str, allow_private_recipients: bool = False
) -> DataMap:
    """Build the map; `source` names the file in the error."""
    try:
        datamap = DataMap.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        # A misspelt key is both unknown and missing: its own spelling says more.
        first = min(found, key=lambda one: one["type"] != "extra_forbidden")
        reason = first["msg"].removeprefix("Value error, ")
        raise DataMapError(f"{source}: {_where(content, first['loc'])}", reason) from None
    for where, reason in faults(datamap, allow_private=allow_private_recipients):
        raise DataMapError(f"{source}: {where}", reason)
    return datamap


def _where(content: Any, location: tuple[str | int, ...]) -> str:
    """Find the place in the file; pydantic's own marks for unions and keys do not stand there."""
    steps: list[str] = []
    here = content
    for position, step in enumerate(location, start=1):
        if isinstance(here, list):
            here = dict(enumerate(here))
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif position < len(location) or str(step)[0] in "[<":
            continue
        steps.append(str(step))
    return ".".join(steps) or "the whole file"
