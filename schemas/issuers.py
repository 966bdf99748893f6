"""Logins that may say who is signed in: whom we believe, about whom, and by which keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Outside

FRESH: Final = timedelta(minutes=10)
"""How long ago the person may have signed in (CONTRACT: proof)."""
CLOCKS: Final = timedelta(seconds=60)
"""How far an issuer's clock may be ahead of the database's."""

Algorithm = Literal["ES256", "ES384", "PS256", "PS384", "PS512", "RS256", "Ed25519", "EdDSA"]
"""Only what is checked with a public key: no secret that we would have to keep, and no `none`."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Issuer(Outside):
    """One login: a company's own, or a national identity service."""

    issuer: Word
    """Its name, as it stands in `iss`, to the letter."""
    audience: Word
    """Our name at this login, as it stands in `aud`."""
    algorithms: Annotated[frozenset[Algorithm], Field(strict=False, min_length=1)]
    keys: dict[str, Any] | None = None
    """Its public keys, a JWK set."""
    keys_file: Word | None = None
    """Or the file that holds them, seen from the folder of the issuers' file."""
    subject_type: str
    """Whom it signs in: a subject type of the data map."""
    subject_claim: Word = "sub"
    subject_is: Literal["key", "login_id", "email", "phone"] = "key"
    """What the claim holds: the subject's key in the data map, or an identifier that finds him."""

    @model_validator(mode="after")
    def _keys_once(self) -> Self:
        if (self.keys is None) == (self.keys_file is None):
            raise ValueError("one_of_keys_and_keys_file")
        return self


class Issuers(Outside):
    """The file that `DSR_ISSUERS` names."""

    issuers: tuple[Issuer, ...]


@dataclass(frozen=True, slots=True)
class Asserted:
    """What an assertion says, its signature and its times already checked."""

    issuer: str
    jti: str
    subject_type: str
    subject_is: str
    subject: str
    digest: str
    """`Submission.public_digest` of what it was signed for."""
