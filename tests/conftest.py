"""What all tests share."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from ruamel.yaml import YAML

from pipeline.presets import catalogue

# The first example of a test may load TensorFlow; and the suite says the same of the same code each time.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


# Folders whose tests run whole stages, a browser or commands: not for `make quick`.
WHOLE = {"benchmarks", "docs", "faults", "honesty", "reporting", "review", "run", "stages"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the folders in `WHOLE`."""
    for item in items:
        if item.path.relative_to(ROOT / "tests").parts[0] in WHOLE:
            item.add_marker(pytest.mark.whole)


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


def dvc_stages(root: Path) -> dict[str, Any]:
    """Return the stages of dvc.yaml by name; of one that is made by `foreach`, each of those that it makes."""
    found: dict[str, Any] = {}
    for name, stage in YAML(typ="safe").load(root / "dvc.yaml")["stages"].items():
        over = stage.get("foreach", {"": {}})
        # The only mapping of params.yaml that a stage is made for each key of.
        for key, item in (catalogue.settings("demo")["members"] if over == "${members}" else over).items():
            text = json.dumps(stage.get("do", stage)).replace("${key}", key)
            for setting, value in item.items():
                text = text.replace(f"${{item.{setting}}}", str(value))
            found[f"{name}@{key}" if key else name] = json.loads(text)
    return found
