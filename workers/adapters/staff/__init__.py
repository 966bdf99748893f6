"""Who works at the desk: `accounts` (password, role), `second_factor`, `sessions`, `attempts`."""

from workers.adapters.staff.accounts import Accounts
from workers.adapters.staff.attempts import Attempts
from workers.adapters.staff.second_factor import SecondFactor
from workers.adapters.staff.sessions import Session, Sessions

__all__ = ["Accounts", "Attempts", "SecondFactor", "Session", "Sessions"]
