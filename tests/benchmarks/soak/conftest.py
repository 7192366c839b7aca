"""A small project, as a lap leaves it."""

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    for name in ("data/members/soak", "data/clips", "reports/tables"):
        (folder / name).mkdir(parents=True)
    np.save(folder / "data/members/soak/probs.npy", np.array([[0.25, 0.75], [np.nan, np.nan]], np.float32))
    (folder / "data/clips/clips.csv").write_text("clip_id,fold\na,1\nb,2\n")
    (folder / "reports/metrics.json").write_text(json.dumps({"accuracy": 0.5, "by": [{"class": "x", "n": 3}]}))
    (folder / "reports/tables/t.csv").write_text("name\nx\n")
    return folder
