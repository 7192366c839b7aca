"""Train cross-fitted models and score each training clip by those that never saw its label."""

import argparse
from pathlib import Path

import numpy as np

from pipeline import artifacts, backend, crossfit, fingerprint, judging, linear, patches
from pipeline.checkpoints import Checkpoints
from pipeline.params import Params
from stages.common import run

ROOT = Path(__file__).resolve().parents[1]


def work(params: Params, at: argparse.Namespace) -> None:
    """Read clips and features; write what `judging.write` publishes, as one folder."""
    clips, classes = artifacts.read_clips(at.clips), artifacts.read_classes(at.clips)
    features = artifacts.read_features(at.features)
    artifacts.same_clips(features.index, clips, at.features / "index.csv")
    if params.spread.source == "latents":
        print("spread.source is latents: no model is asked")
        judging.write(at.out, *judging.nothing(len(clips), len(classes)))
        return
    machine = backend.configure(params.compute.device, params.compute.precision, threads=crossfit.THREADS)
    roles = judging.roles(clips, classes, features.ok)
    resolved = patches.resolve(features, params.judge.patches, roles.train)
    settings = params.judge.model_copy(update={"patches": resolved})
    key = fingerprint.digest(
        [settings.model_dump(), params.seed, vars(machine), features.settings, classes],
        [fingerprint.sha256(at.features / "frames.npy"), features.index.to_csv()],
        [fingerprint.code(Path(__file__), ROOT)],
        *(np.asarray(value) for value in vars(roles).values()),
    )
    checkpoints = Checkpoints(at.checkpoints / "judge", key)
    fit = crossfit.fit_and_score(features, settings, len(classes), seed=params.seed)
    judged = judging.judge(
        roles,
        len(classes),
        settings.rounds,
        fit,
        checkpoints,
        say=lambda line: print(f"judge: {line}", flush=True),
        side_by_side=crossfit.side_by_side(params.compute, machine, len(roles.folds)),
    )
    simple = linear.judge(linear.summaries(features), roles, len(classes), settings.linear)
    near = crossfit.alike(features, settings, len(classes), judged.weights, roles.train, clips["group"])
    judging.write(at.out, judged, simple, near)
    checkpoints.remove()


if __name__ == "__main__":
    run(work, str(__doc__), "clips", "features", "out", "checkpoints", out=("out",))
