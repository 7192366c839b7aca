"""Class probabilities: joined and scored."""
