"""The cleaned set, as others take it: which clips leave, with what label and why, and their sounds."""
