"""Which clips there are, their folds and groupings, and simulated noise."""
