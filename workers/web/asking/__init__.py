"""The request form: what a person wants, for whom, checked, read once more, and sent.

`kinds` says what can be asked for, `slots` which inputs a field of the data map needs, `form` what
is typed in and what is wrong with it, `draft` what becomes of it, `endpoints` the pages.

It needs neither scripts nor cookies. What was typed travels to the review page and on in one hidden
field, sealed, with an end. No token against forged forms is needed: nothing ambient speaks for the
visitor here (no cookie, no login), so another site can send nothing that its owner could not send
himself; and whatever arrives proves nothing until the contact on file has confirmed it.
"""

from __future__ import annotations

from workers.web.asking.endpoints import Asking

__all__ = ["Asking"]
