"""DVC's entry point of the spectrograms stage: from the clips' audio to their frames."""

import argparse

from pipeline.audio import extraction
from pipeline.files import artifacts
from pipeline.params.schema import Params
from stages.common import run


def work(params: Params, arguments: argparse.Namespace) -> None:
    """Extract the features of every clip and print what there is."""
    clips = artifacts.read_files(arguments.listed)
    index = extraction.extract_all(
        clips, arguments.raw, params.features, jobs=params.compute.jobs, out=arguments.features
    )
    quarantined = int((index["status"] == "quarantined").sum())
    hours, frames = index["seconds"].sum() / 3600, int(index["n_frames"].sum())
    print(f"spectrograms: {len(index):,} clips, {quarantined:,} quarantined, {hours:.2f} hours, {frames:,} frames")


if __name__ == "__main__":
    run(work, __doc__, "listed", "raw", "features", out=("features",))
