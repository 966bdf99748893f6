"""What several stages have to decide alike, in one place each; stages do not know each other.

- `arrival`: a submission that came twice, or is one of very many. Remembered by registration, acted
  on by verification.
- `proceeding`: what does the work of a request that is proven (verification) or approved (review).
- `lifetimes`: how long a code is good, for the stage that checks it and the mail that says so.
- `evidence`: what was handed in goes once it is decided (verification, review).

Stages import it, and nobody else does; it imports `schemas` and `workers.ports`, and never a stage.
What needs no port and no policy is a fact, and stands in `schemas` (`words`, `disputes`).
"""
