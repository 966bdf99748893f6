"""What things are: the nouns of dsr-workers, as pydantic models and pure functions.

Nothing here does I/O or knows a driver. Start with `submission` (what a channel publishes), then
`request` (what it becomes) and `lifecycle` (how it moves).
"""
