"""The explorer: one page on which every clip of a run can be seen, heard and judged, beside its data."""
