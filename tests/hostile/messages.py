"""What errors of several tables of hostile files have in common."""

CANNOT = "cannot be made"
TOO_MUCH = "objects and calls.* but the limit is"
TOO_LARGE = "expected .* found|expected arrays for all large weights"
