"""How often pages may be used, by the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workers.settings import Settings

if TYPE_CHECKING:
    from workers.adapters.rates import Counts, Rates


def build_rates(
    settings: Settings,
    counts: Counts | None = None,
    digest: Callable[[bytes], str] = bytes.hex,
) -> Rates:
    """Counts begin when somebody comes; without `counts` each process counts alone."""
    # `limits` takes long to load, which only `dsr web` should wait for.
    from workers.adapters.rates import Rates  # noqa: PLC0415

    rules = {
        "forms": settings.limit_forms,
        "codes": settings.limit_codes,
        "status": settings.limit_status,
        "links": settings.limit_links,
        "logins": settings.limit_logins,
    }
    return Rates(counts, digest, rules, settings.limit_all)
