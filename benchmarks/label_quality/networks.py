"""The rows of `benchmarks.label_quality` that are networks, trained on what each method makes of the labels.

Conventions: a row is the geometric mean of as many networks (the first member of the preset, in one round, on other
batches), trained on all folds. Methods differ in which clips they see with which targets, and nothing else:

    network    each network has new weights, and the same number of steps
    continued  each network goes on from the weights of a judge, as the presets' members do, for that number of steps
    longer     each network has new weights, and together they have as many steps as in `continued`, the judges'
               included; but for Earmark, which is that of `continued`
"""

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.common.bench import Bench
from pipeline.files.checkpoints import Checkpoints
from pipeline.members import self_training
from pipeline.members.roles import Split, split_clips
from pipeline.networks.learner import KerasLearner
from pipeline.params.training import Member, Rounds
from pipeline.probs import pooling

ENDS = ("verified only", "all as given", "oracle")
NETWORKS = {
    "network": ("verified only", "all as given", "the report", "cleanlab", "earmark", "oracle"),
    "continued": ("verified only", "all as given", "cleanlab", "earmark", "oracle"),
    "longer": ("verified only", "all as given", "earmark", "oracle"),
}


@dataclass(frozen=True)
class Trained:
    """Probabilities float32 (n, n_classes) of the networks' mean and of each, and the steps that each took."""

    probs: np.ndarray
    each: list[np.ndarray]
    steps: int


def network(bench: Bench, row: str, method: str) -> Trained:
    """Train the networks of a method, as the row has it, and score every clip."""
    member, split = _material(bench, method)
    if row == "continued" or (row == "longer" and method == "earmark"):
        return _train(bench, member, split, bench.judges, bench.steps)
    return _train(bench, member, split, [], bench.longer if row == "longer" else bench.steps)


def _material(bench: Bench, method: str) -> tuple[Member, Split]:
    """Return what the networks of a method are trained on, and how."""
    data, member = bench.data, bench.member
    labels, posterior = bench.spread, np.full((len(bench.clips), len(bench.classes)), np.nan, np.float32)
    if method in ENDS:
        member = member.model_copy(update={"train_on": "verified" if method == "verified only" else "all"})
    elif method == "cleanlab":
        promoted = np.zeros(len(labels), dtype=bool)
        promoted[data.train] = bench.cleanlab.keep & ~data.verified[data.train]
        labels, member = labels.assign(promoted=promoted), member.model_copy(update={"train_on": "promoted"})
    elif method == "the report":
        rounds = Rounds.model_validate({"number": 3, "select": "predicted"})
        member = member.model_copy(update={"train_on": "promoted", "rounds": rounds})
    else:
        weighed = bench.weighed("both")
        belief, labels = weighed.belief, weighed.labels
        member = member.model_copy(update={"train_on": "posterior"})
        posterior = belief.posterior.astype(np.float32)
    split = split_clips(bench.clips, labels, posterior, bench.classes, data.features.ok, member)
    if method == "oracle":
        truth = np.where(data.train, data.truth, -1)
        split = replace(split, given=truth, target=truth, trusted=split.trusted & (truth >= 0))
    return member, split


def _train(bench: Bench, member: Member, split: Split, starts: list[list[np.ndarray]], steps: int) -> Trained:
    clips = int((split.trusted | split.doubtful).sum())
    batches = -(-clips // member.training.batch_size)
    # Pseudo-labels make later rounds of the report's method longer; those steps come on top and are not counted.
    epochs = max(1, round(steps / batches / member.rounds.number))
    member = member.model_copy(update={"epochs": epochs})

    used = split.trusted | split.doubtful
    arrays = [split.target, split.trusted, np.nan_to_num(split.posterior), split.doubtful]
    # A single round never looks at the pool, so what lies in it must not train anew.
    arrays += [split.given, split.pool] if member.rounds.number > 1 else [used]
    each = []
    for number in range(bench.members):
        # The first has a plain name, as when a row was one network.
        name = f"bench-{number}" if number else "bench"
        start = starts[number % len(starts)] if starts else None
        fit = partial(_fit, bench, member, split, name, start)
        each.append(bench.kept(["network", member.model_dump(), name], [*arrays, *(start or [])], fit))
    return Trained(pooling.combine(each, method="geometric"), each, epochs * batches * member.rounds.number)


def _fit(bench: Bench, member: Member, split: Split, name: str, start: list[np.ndarray] | None) -> np.ndarray:
    learner = KerasLearner(
        bench.data.features,
        member,
        len(bench.classes),
        seed=bench.params.seed,
        name=name,
        start=start,
        restart=member.rounds.restart,
        rounds=member.rounds.number,
    )
    with tempfile.TemporaryDirectory(dir=bench.store) as scratch:
        store = Checkpoints(Path(scratch) / "bench", "bench")
        state = self_training.run_rounds(split, member, learner, store, say=lambda line: None)
    assert state.probs is not None
    return state.probs
