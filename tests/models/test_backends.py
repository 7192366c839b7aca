"""The same contract on the other Keras backends, where they are installed (`make test-backends` installs them)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_network_trains_on_another_backend(root: Path, backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed; `make test-backends` installs it")
    command = [sys.executable, "-m", "pytest", "tests/models/test_models.py", "tests/networks/test_patches.py"]
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
