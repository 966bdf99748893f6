"""What runs around a stage: taking groups, committing, publishing, retrying, parking, the clock."""
