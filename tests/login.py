"""A test issuer: the company's own login, whose word proves who is signed in.

What it signs can be wrong in every way that an attacker could make it wrong.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from schemas.issuers import Issuer
from schemas.submission import Submission
from tests.cast import new_id
from workers.adapters.assertions import Assertions

NAME = "https://login.smallmachines.example"
US = "dsr.smallmachines.example"


class Login:
    """One issuer with a key of its own; what it says of itself goes into `DSR_ISSUERS`."""

    def __init__(self, **other: Any) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "login-1"})
        self.issuer = Issuer.model_validate(
            {
                "issuer": NAME,
                "audience": US,
                "algorithms": ["ES256"],
                "keys": {"keys": [self.key.as_dict(private=False)]},
                "subject_type": "member",
                **other,
            }
        )

    @property
    def assertions(self) -> Assertions:
        """The adapter that believes this issuer and no other."""
        return Assertions([(self.issuer, KeySet([self.key]))])

    def configuration(self) -> str:
        """What the issuers' file says."""
        return json.dumps({"issuers": [self.issuer.model_dump(mode="json", exclude_none=True)]})

    def claims(self, submission: Submission, now: datetime, **other: Any) -> dict[str, Any]:
        """What it says of Minji, who signed in a minute ago."""
        at = int(now.timestamp())
        said = {
            "iss": NAME,
            "aud": US,
            "sub": "1001",
            "auth_time": at - int(timedelta(minutes=1).total_seconds()),
            "iat": at,
            "exp": at + 300,
            "jti": new_id(),
            "submission_digest": submission.public_digest(),
            **other,
        }
        return {name: value for name, value in said.items() if value is not None}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """The token."""
        return signed(json.dumps(claims), self.key, {"alg": "ES256", "kid": "login-1", **header})

    def says(self, submission: Submission, now: datetime, **other: Any) -> str:
        """The whole way."""
        return self.sign(self.claims(submission, now, **other))


def signed(payload: str, key: Any, header: dict[str, Any]) -> str:
    """A token of any header, as an attacker could make it."""
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    return jws.serialize_compact(header, payload, key, registry=registry)
