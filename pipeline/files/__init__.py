"""What flows between stages: written whole, read checked."""
