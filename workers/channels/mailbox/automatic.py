"""Whether a program sent a mail: nobody is answered then, and nothing is proven (RFC 3834)."""

from __future__ import annotations

import re
from email.message import Message

from workers.channels.mailbox.words import header

ANSWERS = frozenset({"auto-replied", "report"})
"""What answers a mail of ours by itself: it asks for nothing."""
_ABSENT = re.compile(
    r"^(auto(matic)?[ :-]|out of (the )?office|\[?자동 ?(회신|응답)|\[?부재)", re.IGNORECASE
)


def why(message: Message) -> str | None:
    """A code, or None where a person may have sent it."""
    submitted = header(message["Auto-Submitted"]).partition(";")[0].strip().lower()
    precedence = header(message["Precedence"]).lower()
    if message.get_content_type() == "multipart/report":
        return "report"
    replied = submitted == "auto-replied" or precedence == "auto_reply"
    says_so = message["X-Autoreply"] or message["X-Autorespond"]
    if replied or says_so or _ABSENT.match(header(message["Subject"])):
        return "auto-replied"
    if message["List-Id"] or message["List-Unsubscribe"] or precedence in {"list", "bulk", "junk"}:
        return "list"
    if header(message["Return-Path"]) == "<>":
        return "null_sender"
    made = submitted not in {"", "no"} or message["X-Auto-Response-Suppress"]
    return "auto-generated" if made else None
