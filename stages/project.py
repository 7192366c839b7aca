"""Map the latents into two dimensions, once for each method."""

import argparse

import numpy as np
import pandas as pd

from pipeline.files import artifacts, formats
from pipeline.files.publishing import publish
from pipeline.latents.scaling import normalise
from pipeline.params import registry
from pipeline.params.schema import Params
from stages.common import run


def work(params: Params, at: argparse.Namespace) -> None:
    """Read clips and latents; write `<method>.csv` (clip_id, x, y; empty where a clip has no place) as one folder."""
    clips = artifacts.read_files(at.clips)
    raw = formats.read_array(at.latents / "latents.npy", shape=(len(clips), None))
    latents = normalise(raw, whiten=params.space.whiten, unit_length=params.space.unit_length, seed=params.seed)
    usable = np.isfinite(latents).all(axis=1)
    with publish(at.out) as folder:
        folder.mkdir()
        for method, settings in params.project.listed.items():
            project = registry.function("projection", method)
            points = np.full((len(clips), 2), np.nan)
            points[usable] = project(latents[usable], seed=params.seed, **settings)
            table = pd.DataFrame({"clip_id": clips["clip_id"], "x": points[:, 0], "y": points[:, 1]})
            formats.write_table(folder / f"{method}.csv", table)
            print(f"{method}: {np.isfinite(points).all(axis=1).sum()} of {len(clips)} clips placed")


if __name__ == "__main__":
    run(work, str(__doc__), "clips", "latents", "out", out=("out",))
