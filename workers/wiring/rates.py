"""How often pages may be used, by the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.wiring.parts import Parts

if TYPE_CHECKING:
    from workers.adapters.rates import Rates


def build_rates(parts: Parts) -> Rates:
    """Counts begin when somebody comes."""
    # `limits` takes long to load, which only `dsr web` should wait for.
    from workers.adapters.rates import Rates  # noqa: PLC0415

    settings = parts.settings
    rules = {
        "forms": settings.limit_forms,
        "codes": settings.limit_codes,
        "status": settings.limit_status,
        "links": settings.limit_links,
        "logins": settings.limit_logins,
    }
    return Rates(parts.attempts, parts.tokens.digest, rules, settings.limit_all)
