"""The demo: one company with 500 members, ten requests, and everything played from outside.

Start with `play`. `members` (from `people` and `records`) is the company, `cast` who asks for what,
`house` the servers and workers, `lines` the intake channels (each a process of its own: `channel`),
`errand` one request from the person's word to the last mail, `outcome` whether it came to what it
must, `telling` what is shown of it.
"""
