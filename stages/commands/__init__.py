"""The commands of `earmark`, a module each: `add` says what it takes, `work` does it and returns the exit code."""
