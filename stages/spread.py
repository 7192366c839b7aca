"""Weigh the evidence of each unverified label, and promote it, correct it or leave it out."""

import argparse
import sys

import numpy as np
import pandas as pd

from pipeline import artifacts, corrections, decisions, latents, reliability, spreading
from pipeline.grouping import resolve
from pipeline.params import Params
from pipeline.publishing import publish
from stages import common


def work(params: Params, paths: argparse.Namespace) -> None:
    """Read clips, corrections, latents and judges; write what is decided, and how far to trust it, as a folder."""
    clips, classes = artifacts.read_clips(paths.clips), artifacts.read_classes(paths.clips)
    heard = corrections.read(paths.corrections)
    corrections.check(heard, clips, classes, paths.corrections)
    run = corrections.run_id(clips, classes)
    ruled_out = corrections.ruled_out(heard, clips, classes)
    clips = corrections.apply(clips, heard)
    settings = params.spread
    groups = resolve(settings.grouping, artifacts.read_groupings(paths.clips), classes, "spread.grouping")
    raw = artifacts.read_array(paths.latents / "latents.npy", shape=(len(clips), None))
    shape = (len(clips), len(classes))
    judged = [artifacts.read_probs(paths.judged / f"{name}.npy", *shape) for name in ("probs", "linear")]
    near = artifacts.read_neighbours(paths.judged / "neighbours.npy", len(clips))
    train = (clips["split"] == "train").to_numpy()
    x = latents.training_space(raw, train, whiten=settings.whiten, l2=settings.normalize, seed=params.seed)
    case = decisions.gather(
        clips, classes, groups, settings, latents=x, network=np.stack(judged), near=near, ruled_out=ruled_out
    )
    belief = decisions.believe(case)
    spread = spreading.spread(x, clips, groups, settings)
    labels = corrections.record(decisions.decide(spread, case, belief, classes, settings), clips, heard)
    estimates = reliability.estimate(case, belief, labels, groups, seed=params.seed)
    table = reliability.promotion_table(labels, estimates, groups)
    with publish(paths.out) as folder:
        folder.mkdir()
        artifacts.write_labels(folder, labels)
        artifacts.write_array(folder / "ruled_out.npy", ruled_out)
        artifacts.write_array(folder / "posterior.npy", belief.posterior.astype(np.float32))
        artifacts.write_table(folder / "calibration.csv", reliability.calibration_table(case, belief))
        artifacts.write_table(folder / "promotion.csv", table)
        artifacts.write_json(folder / "groups.json", groups)
        artifacts.write_json(folder / "run.json", {"run_id": run})
        corrections.write(folder / "corrections.csv", heard)
    for line in corrections.describe(heard, run):
        print(line, file=sys.stderr if line.startswith("warning") else sys.stdout)
    print(_lines(table))


def _lines(table: pd.DataFrame) -> str:
    counts = ["group", "clips", "verified", "promoted", "corrected", "left_out"]
    estimated = {"noise_rate": "est. noise", "outside": "est. no class", "precision": "est. precision"}
    shown = table[[*counts, *estimated]].rename(columns={"left_out": "left out", **estimated})
    return shown.to_string(index=False, na_rep="-", float_format=lambda value: f"{value:.2f}")


if __name__ == "__main__":
    common.run(work, str(__doc__), "clips", "corrections", "latents", "judged", "out", out=("out",))
