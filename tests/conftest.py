"""What all tests share."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# The first example of a test may load TensorFlow; and the suite says the same of the same code each time.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


def pytest_configure() -> None:
    """Hear Ctrl-C: a shell's background job ignores it, and so would every process that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real clips and metadata, which are no part of the project."""
    if not SHARED.is_dir():
        pytest.skip(f"real data not found at {SHARED.parent.name}/{SHARED.name} beside the project")
    return SHARED
