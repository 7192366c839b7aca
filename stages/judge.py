"""Train cross-fitted models and score each training clip by those that never saw its label."""

import argparse
from pathlib import Path

import numpy as np

from pipeline.files import artifacts, fingerprint
from pipeline.files.checkpoints import Checkpoints
from pipeline.judges import cross_fitting, linear, neural
from pipeline.networks import backend, patches
from pipeline.params.schema import Params
from stages.common import run

ROOT = Path(__file__).resolve().parents[1]


def work(params: Params, at: argparse.Namespace) -> None:
    """Read clips and features; write what `cross_fitting.write` publishes, as one folder."""
    clips, classes = artifacts.read_clips(at.clips), artifacts.read_classes(at.clips)
    features = artifacts.read_features(at.features)
    artifacts.same_clips(features.index, clips, at.features / "index.csv")
    if params.spread.source == "latents":
        print("spread.source is latents: no model is asked")
        cross_fitting.write(at.out, *cross_fitting.nothing(len(clips), len(classes)))
        return
    machine = backend.configure(params.compute.device, params.compute.precision, threads=neural.THREADS)
    roles = cross_fitting.roles(clips, classes, features.ok)
    resolved = patches.resolve(features, params.judge.patches, roles.train)
    settings = params.judge.model_copy(update={"patches": resolved})
    key = fingerprint.digest(
        [settings.model_dump(), params.seed, vars(machine), features.settings, classes],
        [fingerprint.sha256(at.features / "frames.npy"), features.index.to_csv()],
        [fingerprint.code(Path(__file__), ROOT)],
        *(np.asarray(value) for value in vars(roles).values()),
    )
    checkpoints = Checkpoints(at.checkpoints / "judge", key)
    fit = neural.fit_and_score(features, settings, len(classes), seed=params.seed)
    judged = cross_fitting.judge(
        roles,
        len(classes),
        settings.rounds,
        fit,
        checkpoints,
        say=lambda line: print(f"judge: {line}", flush=True),
        side_by_side=neural.side_by_side(params.compute, machine, len(roles.folds)),
    )
    simple = linear.judge(linear.summaries(features), roles, len(classes), settings.linear)
    near = neural.alike(features, settings, len(classes), judged.weights, roles.train, clips["group"])
    cross_fitting.write(at.out, judged, simple, near)
    checkpoints.remove()


if __name__ == "__main__":
    run(work, str(__doc__), "clips", "features", "out", "checkpoints", out=("out",))
