from pathlib import Path

import numpy as np
import pytest

from pipeline.files.dependencies import closure
from pipeline.files.fingerprint import digest


def test_each_part_counts_and_boundaries_between_parts_count() -> None:
    variants = [
        digest("ab", "c"),
        digest("a", "bc"),
        digest(["ab", "c"]),
        digest(np.array([1, 2])),
        digest(np.array([1, 2], np.int32)),
        digest(np.array([[1, 2]])),
    ]
    assert len(set(variants)) == len(variants)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_closure_follows_imports_and_plugins(tmp_path: Path) -> None:
    files = {
        "stages/__init__.py": "",
        "stages/s.py": "from pipeline import a\nimport numpy\n",
        "pipeline/__init__.py": "import numpy\n",
        "pipeline/a.py": "import pipeline.b\nfrom pipeline.params import registry\nregistry.load('models', 0)\n",
        "pipeline/b.py": "thing = 1\n",
        "pipeline/c.py": "x = 1\n",
        "pipeline/params/__init__.py": "",
        "pipeline/params/registry.py": "x = 1\n",
        "pipeline/plugins/models/__init__.py": "",
        "pipeline/plugins/models/m.py": "from pipeline.plugins.models import _help\n",
        "pipeline/plugins/models/_help.py": "x = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {str(path.relative_to(tmp_path)) for path in closure(tmp_path / "stages" / "s.py", tmp_path)}
    assert found == {name for name, text in files.items() if text} - {"pipeline/c.py"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_equal_nothing_are_refused(value: float) -> None:
    with pytest.raises(ValueError):
        digest([value])
