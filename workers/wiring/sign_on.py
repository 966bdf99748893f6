"""The company's own login for the desk, where one is configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from schemas.errors import SettingsError
from workers.adapters.staff import Client, SingleSignOn
from workers.settings import Settings

CALLBACK = "/desk/signed-in"
"""Where the provider sends people back to, below `DSR_PUBLIC_URL`."""


@contextmanager
def open_single_sign_on(settings: Settings) -> Iterator[SingleSignOn | None]:
    """None: the desk signs in by password and code. Nothing is called before somebody signs in."""
    if not settings.oidc_issuer:
        yield None
        return
    if not settings.oidc_client_id:
        raise SettingsError("DSR_OIDC_CLIENT_ID is missing: the provider gave it to this desk")
    client = Client(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    redirect = settings.public_url.rstrip("/") + CALLBACK
    with closing(SingleSignOn(client, settings.oidc_claim, redirect)) as opened:
        yield opened
