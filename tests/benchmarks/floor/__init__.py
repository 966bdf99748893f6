"""The floor: the same durable work for each correction as the workers do, and nothing else.

Same servers, same libraries, same promises (quorum queues, confirms, majority writes, one
conditional update a transition, an outbox in the same write and struck off after the confirm, a
transaction for the company's data, a mark before anything leaves the house). No domain: nothing is
validated, sealed, planned, rendered or retried, and nothing is read that it could do without. What
the workers reach of its rate is what their domain work leaves.

`--singly` runs the same program with one message in a group and one group in flight.
"""
