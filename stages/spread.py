"""Spread verified labels within groups of classes and promote the clips that agree."""

import argparse

import pandas as pd

from pipeline import artifacts, latents, reliability, spreading
from pipeline.grouping import resolve
from pipeline.params import Params
from stages import common


def work(params: Params, paths: argparse.Namespace) -> None:
    """Read clips and latents; write labels.csv, promotion.csv and groups.json as one folder."""
    clips = artifacts.read_clips(paths.clips)
    groups = resolve(params.spread.grouping, params.dataset.name, artifacts.read_classes(paths.clips))
    raw = artifacts.read_array(paths.latents / "latents.npy", shape=(len(clips), None))
    train = (clips["split"] == "train").to_numpy()
    x = latents.training_space(raw, train, whiten=params.spread.whiten, l2=params.spread.normalize, seed=params.seed)
    labels = spreading.spread(x, clips, groups, params.spread)
    estimates = reliability.estimate(x, clips, labels, groups, params.spread, seed=params.seed)
    table = reliability.promotion_table(labels, estimates, groups)
    with artifacts.publish(paths.out) as folder:
        artifacts.write_labels(folder / "labels.csv", labels)
        artifacts.write_table(folder / "promotion.csv", table)
        artifacts.write_json(folder / "groups.json", groups)
    print(_lines(table))


def _lines(table: pd.DataFrame) -> str:
    shown = table[["group", "clips", "verified", "promoted", "trusted_percent", "noise_rate", "precision"]]
    shown = shown.rename(
        columns={"trusted_percent": "trusted %", "noise_rate": "est. noise", "precision": "est. precision"}
    )
    return shown.to_string(index=False, na_rep="-", float_format=lambda value: f"{value:.2f}")


if __name__ == "__main__":
    common.run(work, str(__doc__), "clips", "latents", "out")
