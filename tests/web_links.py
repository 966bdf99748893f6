"""The links that the tests of the pages know: one for each purpose."""

from __future__ import annotations

from uuid import uuid4

TOKEN = "q" * 22
STOP_TOKEN = "s" * 22
CERTIFICATE_TOKEN = "c" * 22
RECEIPT_TOKEN = "r" * 22
GO_ON_TOKEN = "g" * 22
PACKAGE_TOKEN = "p" * 22
PACKAGE_CODE = "04820193"
LIFT_TOKEN = "l" * 22


class LinkTokens:
    """Knows one link for each purpose, and compares it as it is."""

    def link(self, request_id: str, number: int, purpose: str, bound: str) -> str:  # noqa: ARG002
        """The token of that purpose."""
        known = {
            "stop": STOP_TOKEN,
            "go-on": GO_ON_TOKEN,
            "certificate": CERTIFICATE_TOKEN,
            "receipt": RECEIPT_TOKEN,
            "package": PACKAGE_TOKEN,
            "lift": LIFT_TOKEN,
        }
        return known.get(purpose, TOKEN)

    def new_id(self) -> str:
        """A fresh UUID."""
        return str(uuid4())

    def code(self, request_id: str, number: int, bound: str) -> str:  # noqa: ARG002
        """The code for a package."""
        return PACKAGE_CODE

    def matches(self, given: str, expected: str) -> bool:
        """Exactly."""
        return given == expected
