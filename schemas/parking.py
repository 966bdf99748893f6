"""What may be kept of a message that nobody can handle: everything but what proves something.

A code that is parked could still prove a request. So a proof or withdrawal keeps only what is
surely none, by whichever way it came; whatever else came is somebody's request, and is kept whole
but for a code or an assertion that does not belong in it.
"""

from __future__ import annotations

import json
import re
from typing import Final

from schemas.base import MAX_BODY

PROVING: Final = frozenset({"proof", "withdrawal"})
"""Words of routing keys by which codes come."""
_PROOFS: Final = frozenset(f"dsr.{word}" for word in PROVING)
_SECRET: Final = frozenset({"code", "assertion"})
_SAFE: Final = frozenset({"schema", "proof_id", "withdrawal_id", "tracking", "channel", "operator"})
_SAYS_SO: Final = re.compile(rb'"schema"\s*:\s*"dsr\.(proof|withdrawal)/')


def keepable(body: bytes, word: str) -> bytes:
    """The body without codes; `word` is the first of its routing key."""
    try:
        content = json.loads(body) if len(body) <= MAX_BODY else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return b"" if word in PROVING or _SAYS_SO.search(body) else body
    says = str(content.get("schema")).partition("/")[0]
    if says in _PROOFS or (word in PROVING and says != "dsr.submission"):
        return _without(content, content.keys() - _SAFE)
    return _without(content, _SECRET) if content.keys() & _SECRET else body


def _without(content: dict[str, object], left_out: frozenset[str] | set[str]) -> bytes:
    kept = {name: value for name, value in content.items() if name not in left_out}
    return json.dumps(kept).encode()
