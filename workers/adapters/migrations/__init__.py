"""The stored form of our own database: its version, and the steps from one to the next.

`layout` runs them; each is a module here, listed in order in `MIGRATIONS`. A migration

- may be broken off and done again at any time, by any number of processes at once,
- goes in batches, each atomic document by document, while workers write beside it,
- leaves what workers of the version before can read; one that cannot begins a new `major`.
"""

from __future__ import annotations

from workers.adapters.migrations import m01_empty_fields
from workers.adapters.migrations.layout import Layout, Migration

__all__ = ["MIGRATIONS", "Layout", "Migration"]

MIGRATIONS = (
    Migration(
        1, 1, "requests lose the fields that are empty, as new ones have", m01_empty_fields.run
    ),
)
"""In order. A number is given once and never again."""
