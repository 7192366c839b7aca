"""Networks trained in rounds of self-training."""
