"""DVC's entry points: parse paths, load params, read artefacts, call the library, write artefacts."""
