"""The demo: one company with 500 members, six requests, and everything played from outside.

Start with `play`. `members` (from `people` and `records`) is the company, `cast` who asks for what,
`house` the servers and workers, `channel` an intake channel's own process, `errand` one correction
from the person's word to the completion mail, `telling` what is shown of it.
"""
