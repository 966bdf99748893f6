"""Who acts: the workers of dsr-workers. Start reading here.

One request, told once. A person asks to have a wrong address corrected.

1. A channel publishes a *submission* to the exchange `dsr.intake`.
2. `stages.registration` checks it, drops duplicates, writes the *request* (its personal part
   sealed under a key of its own), starts the statutory clock and has the acknowledgement mailed.
3. `stages.verification` looks the person up in the company's database through the data map and
   has a one-time code mailed to the contact on file, never to an address that the request brought;
   for a child to the guardian on its record. Without an address somebody calls or posts a letter.
4. The right code restricts the disputed fields: no `_usable` view shows them any more.
   What no code can prove, and every question, goes to a person: `stages.review`.
5. `stages.correction` writes the new value into every mapped copy, exactly once, and lifts the
   restriction in the same transaction. Had the person asked to be forgotten, `stages.deletion`
   would archive what a law keeps, destroy the rest step by step, and certify it; a restriction
   (`stages.restriction`) would stand until she lifts it, an objection (`stages.objection`) withdraw
   a consent. Had she asked to see what is held, `stages.access` would collect it into a sealed
   package.
6. `stages.propagation` asks the disclosure ledger who received those fields and notifies each.
7. `stages.completion` has the person told what was done, field by field, and who was told.
8. `stages.mailing` tells people, by mail, call or letter; nothing else does. `stages.upkeep` runs
   the clocks.

A stage only reads and decides, and knows no other: what several of them have to decide alike is in
`stages.common`. `runtime.conveyor` carries a group of messages through one stage,
`runtime.consumer` takes the groups from RabbitMQ, `runtime.outbox` publishes what transitions owe,
`runtime.clock` looks after whatever is due. `adapters` talk to the servers; `wiring` builds it all.
`pipeline` is the table of stages on one screen.
"""
