"""What the workers do: one module a stage, all of one shape.

A stage's docstring is its promise. `handle` reads and decides; a stage with effects also has
`conclude`, which decides what their results mean. Helpers stand below in the order they are called.
A stage never acks, publishes, retries or writes: see `workers.runtime` for who does. No stage
imports another: what several decide alike is in `workers.stages.common`.
"""
