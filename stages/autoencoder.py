"""Fit the autoencoder and write every clip's latents, some reconstructions and the history."""

import argparse

from pipeline.files import artifacts, formats, frames
from pipeline.files.publishing import publish
from pipeline.latents import encoding
from pipeline.networks import backend
from pipeline.params.schema import Params
from stages.common import run


def work(params: Params, at: argparse.Namespace) -> None:
    """Read clips and features; write the folder `at.latents`."""
    backend.configure(params.compute.device, params.compute.precision, threads=params.compute.threads)
    clips = artifacts.read_files(at.clips)
    features = frames.read_features(at.features)
    artifacts.same_clips(features.index, clips, at.features / "index.csv")
    encoded = encoding.encode(features, clips, params.autoencoder, seed=params.seed, examples=12)
    with publish(at.latents) as folder:
        formats.write_array(folder / "latents.npy", encoded.latents)
        formats.write_array(folder / "reconstructions.npy", encoded.reconstructions)
        formats.write_table(folder / "reconstructions.csv", clips.loc[encoded.rows, ["clip_id"]])
        formats.write_table(folder / "history.csv", encoded.history)
    best = encoded.history["val_loss"].min()
    print(f"autoencoder: {len(encoded.history)} epochs, best validation loss {best:.4f}")


if __name__ == "__main__":
    run(work, "Fit the autoencoder and encode every clip.", "clips", "features", "latents", out=("latents",))
