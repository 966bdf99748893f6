"""The mailbox: mails become submissions, proofs, or cases for the desk.

1. `parsing`: bytes to a `Mail`, in a process of its own that can be ended (`reader`).
2. `deciding`: a `Mail` to what is to be done about it; pure.
   `quoting` tells a person's own words from what they quote, `form` reads a filled-in template,
   `triage` suggests what free text may be about. Nothing that was not read by a person is acted
   upon, but a form and a code.
3. `watch`: fetches, has it decided, publishes, and only then marks the mail as seen.

A mail proves nothing about who sent it: neither its From nor what a border server says of it.
"""
