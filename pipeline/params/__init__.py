"""params.yaml as typed, frozen models, and plugins found by folder."""
