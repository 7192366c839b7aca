"""What labels are worth, by Earmark and by others: `python -m benchmarks.label_quality`."""
