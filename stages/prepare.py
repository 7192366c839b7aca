"""Stage `prepare`: from the chosen data set to `data/raw/` and `data/listed/`."""

import argparse
from pathlib import Path
from typing import cast

import pandas as pd

from pipeline.clips import grouping, preparing, simulated_noise
from pipeline.clips.simulated_noise import Kind
from pipeline.files import artifacts, formats
from pipeline.files.publishing import publish
from pipeline.params import registry
from pipeline.params.schema import Params
from stages.common import run


def work(params: Params, arguments: argparse.Namespace) -> None:
    """Load the table, add noise if asked to, link the audio; write what is listed.

    Both folders appear whole or not at all.
    """
    dataset, root = params.dataset, Path(params.dataset.root)
    sounds = Path(dataset.settings.get("audio") or root)
    for key, folder in {"dataset.root": root, "dataset.audio": sounds}.items():
        preparing.apart_from(folder, [arguments.raw, arguments.listed], key)
    with publish(arguments.raw) as raw:
        raw.mkdir()
        load = registry.function("datasets", dataset.name)
        known = registry.load("datasets", dataset.name).GROUPINGS
        table = load(root, raw, seed=params.seed, **dataset.settings)
        ignored = preparing.ignored(table, sounds, raw)
        clips, classes = preparing.prepare(
            _with_noise(params, table, known), raw, n_folds=params.folds, seed=params.seed
        )
        # Of use only to `spread`, but it says so before anything is trained for it.
        grouping.resolve(params.spread.grouping, known, classes, "spread.grouping")
        with publish(arguments.listed) as folder:
            folder.mkdir()
            artifacts.write_clips(folder, clips, classes, known)
            given = {"split": "drawn" not in table, "folds": "fold" in table}
            formats.write_json(folder / "given.json", given)
            formats.write_table(folder / "ignored.csv", ignored)
    train = clips["split"] == "train"
    verified = int((clips["verified"] & train).sum())
    print(f"prepare: {len(clips)} clips of {len(classes)} classes, {verified} of {train.sum()} training clips verified")
    if len(ignored):
        print(f"prepare: {len(ignored)} audio files are in no row, see {arguments.listed}/ignored.csv")


def _with_noise(params: Params, table: pd.DataFrame, known: dict[str, dict[str, list[str]]]) -> pd.DataFrame:
    settings = params.dataset.simulate_noise
    if settings is None:
        return table
    classes = sorted(set(table.loc[table["split"] == "train", "label"]) - {""})
    families, within = {}, settings.kind.within_family
    if within is not None:
        key = "dataset.simulate_noise.kind.within_family.grouping"
        families = grouping.resolve(within.grouping, known, classes, key)
    return simulated_noise.simulate(
        table,
        verified_fraction=settings.verified_fraction,
        rate=settings.rate,
        kind=cast(Kind, settings.kind.chosen),
        families=families,
        seed=settings.seed,
    )


if __name__ == "__main__":
    run(work, __doc__, "raw", "listed", out=("listed",))
