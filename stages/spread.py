"""Weigh the evidence of each unverified label, and promote it, correct it or leave it out."""

import argparse
import sys

import numpy as np
import pandas as pd

from pipeline.clips.grouping import resolve
from pipeline.corrections import store, verdicts
from pipeline.files import artifacts, formats
from pipeline.files.publishing import publish
from pipeline.labels.reliability import calibration_table
from pipeline.labels.weigh import trust, weigh
from pipeline.params.schema import Params
from pipeline.params.training import Judges
from stages import common


def work(params: Params, paths: argparse.Namespace) -> None:
    """Read clips, corrections, latents and judges; write what is decided, and how far to trust it, as a folder."""
    clips, classes = artifacts.read_clips(paths.clips), artifacts.read_classes(paths.clips)
    reviews = store.read(paths.corrections)
    store.check(reviews, clips, classes, paths.corrections)
    families = resolve(params.spread.grouping, artifacts.read_groupings(paths.clips), classes, "spread.grouping")
    shape = (len(clips), len(classes))
    every = [artifacts.read_probs(paths.judged / name / "probs.npy", *shape) for name in Judges.model_fields]
    # A judge that was not asked says nothing of any clip.
    said = [probs for probs in every if np.isfinite(probs).any()]
    weighed = weigh(
        clips,
        classes,
        families,
        params.space,
        params.spread,
        params.labels,
        latents=formats.read_array(paths.latents / "latents.npy", shape=(len(clips), None)),
        said=np.stack(said) if said else None,
        near=artifacts.read_neighbours(paths.judged / "network" / "neighbours.npy", len(clips)),
        reviews=reviews,
        seed=params.seed,
    )
    table, run = trust(weighed, families, seed=params.seed), store.run_id(clips, classes)
    with publish(paths.out) as folder:
        folder.mkdir()
        artifacts.write_labels(folder, weighed.labels)
        formats.write_array(folder / "ruled_out.npy", weighed.case.ruled_out)
        formats.write_array(folder / "posterior.npy", weighed.belief.posterior.astype(np.float32))
        formats.write_table(folder / "calibration.csv", calibration_table(weighed.case, weighed.belief))
        formats.write_table(folder / "promotion.csv", table)
        formats.write_json(folder / "families.json", families)
        formats.write_json(folder / "run.json", {"run_id": run})
        store.write(folder / "corrections.csv", reviews)
    for line in verdicts.describe(reviews, run):
        print(line, file=sys.stderr if line.startswith("warning") else sys.stdout)
    print(_lines(table))


def _lines(table: pd.DataFrame) -> str:
    counts = ["family", "clips", "verified", "promoted", "corrected", "left_out"]
    estimated = {"noise_rate": "est. noise", "outside": "est. no class", "precision": "est. precision"}
    shown = table[[*counts, *estimated]].rename(columns={"left_out": "left out", **estimated})
    return shown.to_string(index=False, na_rep="-", float_format=lambda value: f"{value:.2f}")


if __name__ == "__main__":
    common.run(work, str(__doc__), "clips", "corrections", "latents", "judged", "out", out=("out",))
