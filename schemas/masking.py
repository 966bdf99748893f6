"""Particulars as the desk sees them until they are revealed: that something is there, not what."""

from __future__ import annotations

from typing import Any

_KEPT = frozenset({"schema", "kind", "channel", "relation", "language", "field", "fields"})
"""What is no value of a person: codes of the contract and names of the data map."""


def masked(value: Any, name: str = "") -> Any:
    """The same shape, each text by its first letter."""
    if isinstance(value, dict):
        return {key: masked(part, str(key)) for key, part in value.items()}
    if name in _KEPT or value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [masked(part, name) for part in value]
    text = str(value)
    return f"{text[:1]}***" if text else ""
