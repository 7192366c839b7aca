"""What params.yaml chooses by name: a folder a kind, a file a choice."""
