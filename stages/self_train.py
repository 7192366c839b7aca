"""Train one member in rounds of self-training, going on after the last finished round of a run that was cut off."""

import argparse
from pathlib import Path

from pipeline.errors import ParamsError
from pipeline.files import artifacts, dependencies, fingerprint, frames, weights
from pipeline.files.checkpoints import Checkpoints
from pipeline.members import roles, saved, self_training
from pipeline.networks import backend, patches
from pipeline.networks.learner import KerasLearner
from pipeline.params.schema import Params
from stages.common import run

ROOT = Path(__file__).resolve().parents[1]


def work(params: Params, at: argparse.Namespace) -> None:
    """Read clips, features, labels and the judges' weights; write the folder of member `at.member` in `at.members`."""
    if at.member not in params.members:
        raise ParamsError(f"members: there is no {at.member!r}, there are {', '.join(params.members)}")
    member = params.members[at.member]
    machine = backend.configure(params.compute.device, params.compute.precision, threads=params.compute.threads)
    clips, classes = artifacts.read_clips(at.clips), artifacts.read_classes(at.clips)
    features, labels = frames.read_features(at.features), artifacts.read_targets(at.labels)
    artifacts.same_clips(features.index, clips, at.features / "index.csv")
    artifacts.same_clips(labels, clips, at.labels / "targets.csv")
    posterior = artifacts.read_probs(at.labels / "posterior.npy", len(clips), len(classes), open_set=True)
    ruled_out = artifacts.read_ruled_out(at.labels / "ruled_out.npy", len(clips), len(classes))
    train = (clips["split"] == "train").to_numpy() & features.ok
    member = member.model_copy(update={"patches": patches.resolve(features, member.patches, train)})
    split = roles.split_clips(clips, labels, posterior, classes, features.ok, member, ruled_out)
    start = None
    if member.from_judge is not None:
        start = weights.of(at.judged / "network" / weights.FILE, member.from_judge)
    key = fingerprint.digest(
        [member.model_dump(), params.seed, vars(machine), features.settings, classes],
        [fingerprint.sha256(at.features / "frames.npy"), features.index.to_csv()],
        [dependencies.code(Path(__file__), ROOT)],
        *vars(split).values(),
        *(start or []),
    )
    checkpoints = Checkpoints(at.checkpoints / at.member, key)
    learner = KerasLearner(
        features,
        member,
        len(classes),
        seed=params.seed,
        name=at.member,
        start=start,
        restart=member.rounds.restart,
        rounds=member.rounds.number,
    )
    state = self_training.run_rounds(
        split, member, learner, checkpoints, say=lambda line: print(f"{at.member}: {line}", flush=True)
    )
    saved.write(
        at.members / at.member,
        member,
        state,
        learner,
        features=features,
        clips=clips,
        classes=classes,
        split=split,
    )
    checkpoints.remove()


if __name__ == "__main__":
    paths = ("clips", "features", "judged", "labels", "members", "checkpoints")
    run(work, "Train one member of the ensemble.", *paths, out=("members", "member"), extra=("member",))
