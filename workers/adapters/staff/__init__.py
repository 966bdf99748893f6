"""Who works at the desk: `accounts` (password, role), `second_factor`, `sessions`, `attempts`.

Instead of password and second factor: `single_sign_on`, by a `provider` of OpenID Connect.
"""

from workers.adapters.staff.accounts import Accounts
from workers.adapters.staff.attempts import Attempts
from workers.adapters.staff.provider import Client, SignInRefused
from workers.adapters.staff.second_factor import SecondFactor
from workers.adapters.staff.sessions import Means, Session, Sessions
from workers.adapters.staff.single_sign_on import OnTheWay, SingleSignOn

__all__ = [
    "Accounts",
    "Attempts",
    "Client",
    "Means",
    "OnTheWay",
    "SecondFactor",
    "Session",
    "Sessions",
    "SignInRefused",
    "SingleSignOn",
]
