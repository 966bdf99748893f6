"""A town of twenty members on the shared servers, for each test anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Names
from tests.town import Town, open_town


@pytest.fixture
async def town(names: Names, tmp_path: Path) -> AsyncIterator[Town]:
    """Nobody works in it yet."""
    async with open_town(tmp_path, names.env()) as made:
        yield made
