"""Presets: settings to begin with, each a few differences from one base."""
