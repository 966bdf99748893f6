"""The one composition root: settings in, a house with everything connected out.

Used by the command line, by `dsr web` and by the tests alike. Nothing connects before `open_parts`
is entered, and everything is closed when it is left. `parts` puts together what the others build:
`databases` (where everything lies), `keys` (the key folder), `own` (requests, parked messages),
`company` (subject data, archive, erasure, retention), `outside` (mail, recipients, a channel's
publisher), `sign_on` (the company's login for the desk), `house` (what the runtime works with),
`telemetry` (who measures it), `announcing` (what `dsr announce` works with).
`users` makes the users of all roles on the servers; `form` opens the request form and no more.
"""

from __future__ import annotations

from workers.wiring.company import read_datamap
from workers.wiring.form import Form, open_form
from workers.wiring.house import MAX_TRIES
from workers.wiring.keys import (
    add_intake_key,
    check_keys,
    create_keys,
    create_secrets,
    create_service_key,
    intake_public,
    read_public_key,
    receipt_key,
    retire_intake_key,
    rotate_keys,
    sealed,
    unsealed,
    verify_receipt,
)
from workers.wiring.outside import open_publisher
from workers.wiring.parts import (
    Means,
    OnTheWay,
    Parts,
    Session,
    SignInRefused,
    SingleSignOn,
    init,
    open_parts,
    ready,
    tell_shredded,
)
from workers.wiring.rates import build_rates
from workers.wiring.telemetry import Page
from workers.wiring.users import IMPORT, make_users, names_of

__all__ = [
    "IMPORT",
    "MAX_TRIES",
    "Form",
    "Means",
    "OnTheWay",
    "Page",
    "Parts",
    "Session",
    "SignInRefused",
    "SingleSignOn",
    "add_intake_key",
    "build_rates",
    "check_keys",
    "create_keys",
    "create_secrets",
    "create_service_key",
    "init",
    "intake_public",
    "make_users",
    "names_of",
    "open_form",
    "open_parts",
    "open_publisher",
    "read_datamap",
    "read_public_key",
    "ready",
    "receipt_key",
    "retire_intake_key",
    "rotate_keys",
    "sealed",
    "tell_shredded",
    "unsealed",
    "verify_receipt",
]
