"""From the file's content to a map that holds together, or a `DataMapError` that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from schemas.datamap.checks import faults
from schemas.datamap.map import DataMap
from schemas.errors import DataMapError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAGS = frozenset(
    {"text", "email", "phone", "date", "choice", "number", "flag", "rrn", "list", "object"}
    | {"delete", "anonymise", "archive", "webhook", "opendsr", "amqp", "mail", "task"}
    | {"KeyLink", "ViaLink", "TieLink", "KeyedObjectLink", "[key]"}
)


def parse(
    content: Mapping[str, Any], *, source: str, allow_private_recipients: bool = False
) -> DataMap:
    """Build the map; `source` names the file in the error."""
    try:
        datamap = DataMap.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"] if step not in _TAGS)
        raise DataMapError(f"{source}: {where or 'top'}", first["msg"]) from None
    for where, reason in faults(datamap, allow_private=allow_private_recipients):
        raise DataMapError(f"{source}: {where}", reason)
    return datamap
