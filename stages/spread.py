"""Weigh the evidence of each unverified label, and promote it, correct it or leave it out."""

import argparse
import sys

import numpy as np
import pandas as pd

from pipeline.clips.grouping import resolve
from pipeline.corrections import store
from pipeline.files import artifacts
from pipeline.files.publishing import publish
from pipeline.labels import decisions, reliability
from pipeline.latents import scaling
from pipeline.params.schema import Params
from pipeline.params.training import Judges
from pipeline.spreading import within_families
from stages import common


def work(params: Params, paths: argparse.Namespace) -> None:
    """Read clips, corrections, latents and judges; write what is decided, and how far to trust it, as a folder."""
    clips, classes = artifacts.read_clips(paths.clips), artifacts.read_classes(paths.clips)
    heard = store.read(paths.corrections)
    store.check(heard, clips, classes, paths.corrections)
    run = store.run_id(clips, classes)
    ruled_out = store.ruled_out(heard, clips, classes)
    clips = store.apply(clips, heard)
    settings = params.spread
    groups = resolve(settings.grouping, artifacts.read_groupings(paths.clips), classes, "spread.grouping")
    raw = artifacts.read_array(paths.latents / "latents.npy", shape=(len(clips), None))
    shape = (len(clips), len(classes))
    judged = [artifacts.read_probs(paths.judged / name / "probs.npy", *shape) for name in Judges.model_fields]
    near = artifacts.read_neighbours(paths.judged / "network" / "neighbours.npy", len(clips))
    train = (clips["split"] == "train").to_numpy()
    x = scaling.training_space(raw, train, whiten=settings.whiten, l2=settings.normalize, seed=params.seed)
    case = decisions.gather(
        clips, classes, groups, settings, latents=x, network=np.stack(judged), near=near, ruled_out=ruled_out
    )
    belief = decisions.believe(case)
    spread = within_families.spread(x, clips, groups, settings)
    labels = store.record(decisions.decide(spread, case, belief, classes, settings), clips, heard)
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
        store.write(folder / "corrections.csv", heard)
    for line in store.describe(heard, run):
        print(line, file=sys.stderr if line.startswith("warning") else sys.stdout)
    print(_lines(table))


def _lines(table: pd.DataFrame) -> str:
    counts = ["group", "clips", "verified", "promoted", "corrected", "left_out"]
    estimated = {"noise_rate": "est. noise", "outside": "est. no class", "precision": "est. precision"}
    shown = table[[*counts, *estimated]].rename(columns={"left_out": "left out", **estimated})
    return shown.to_string(index=False, na_rep="-", float_format=lambda value: f"{value:.2f}")


if __name__ == "__main__":
    common.run(work, str(__doc__), "clips", "corrections", "latents", "judged", "out", out=("out",))
