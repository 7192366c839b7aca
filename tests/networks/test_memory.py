"""Memory does not grow from round to round."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]

ROUNDS, SETTLED = 6, 3
MB = 2**20
# In a process of its own: other tests' memory comes and goes.
CODE = f"""
import numpy as np, pandas as pd, psutil
from pipeline.networks import backend
from pipeline.files.frames import Frames
from pipeline.networks.learner import KerasLearner
from pipeline.params.training import Member

backend.configure("cpu", "float32")
n, frames, bins = 32, 16, 16
index = pd.DataFrame({{"start": np.arange(n) * frames, "n_frames": frames, "status": "ok"}})
sound = np.random.default_rng(0).random((n * frames, bins)).astype(np.float16)
network = {{"name": "vgg", "width": 2, "depth": 4, "dense": 4}}
member = Member.model_validate({{
    "network": network,
    "patches": {{"crop": {{"frames": frames}}}},
    "training": {{"keep": {{"average": 0.9}}}},
    "epochs": 1,
    "rounds": {{"number": {ROUNDS}}},
}})
learner = KerasLearner(Frames(sound, index, {{}}), member, 2, seed=0, name="one", rounds={ROUNDS})
rows, targets = np.arange(n), np.eye(2, dtype=np.float32)[np.arange(n) % 2]
for number in range(1, {ROUNDS} + 1):
    learner.fit(number, rows, targets, np.zeros(n, bool))
    learner.predict()
    print("used", psutil.Process().memory_info().rss, flush=True)
"""


def test_a_round_gives_back_the_memory_that_it_took(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=root, env=os.environ, text=True, stdout=subprocess.PIPE)
    used = [int(line.split()[1]) / MB for line in done.stdout.splitlines() if line.startswith("used")]
    assert len(used) == ROUNDS
    # TensorFlow would keep 40 MB and more of each, see fitting.OneDeviceAdamW; allocators are no exact science.
    assert (used[-1] - used[SETTLED - 1]) / (ROUNDS - SETTLED) < 10, used
