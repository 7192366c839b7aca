"""What promoting labels and self-training are worth, beside training on less, on everything, and on the truth.

Five ways to use the same half-trusted labels, with the same network and the same number of training steps:

    verified only · all as given · promoted · promoted + self-training · oracle (every label true)

Each seed draws its own noise, weights, batches and, for ESC-10, takes another official fold as its test split.

    python -m benchmarks.training_sets --params presets/esc10.yaml --root ../shared/data/esc10 --seeds 3
    python -m benchmarks.training_sets --params presets/demo.yaml --seeds 3

Rows are appended to `--out` as they are measured and skipped when they are there already.
"""

import argparse
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from pipeline import (
    artifacts,
    backend,
    encoding,
    extraction,
    grouping,
    latents,
    metrics,
    noise,
    patches,
    preparing,
    registry,
    selftraining,
    spreading,
)
from pipeline.checkpoints import Checkpoints
from pipeline.learner import KerasLearner
from pipeline.params import Member, Params

# The first sets the budget of the others; the table shows them in the order of ROWS.
METHODS = ("promoted + self-training", "verified only", "all as given", "promoted", "oracle")
ROWS = ("verified only", "all as given", "promoted", "promoted + self-training", "oracle")


def params_for(path: Path, root: str | None, seed: int) -> Params:
    """Return the params of one seed."""
    data: dict[str, Any] = YAML(typ="safe").load(path)
    data["seed"] = seed
    if root is not None:
        data["dataset"]["root"] = root
    if data["dataset"]["name"] == "esc50":
        data["dataset"]["test_fold"] = 1 + seed % 5
    if data["dataset"].get("simulate_noise"):
        data["dataset"]["simulate_noise"]["seed"] = seed
    return Params.model_validate(data)


class Prepared:
    """One seed's data: everything up to the promoted labels, which all methods share."""

    def __init__(self, params: Params, folder: Path) -> None:
        raw = folder / "raw"
        raw.mkdir(parents=True)
        dataset, root = params.dataset, Path(params.dataset.root)
        table = registry.function("datasets", dataset.name)(root, raw, seed=params.seed, **dataset.settings)
        if dataset.simulate_noise is not None:
            classes = sorted(set(table.loc[table["split"] == "train", "label"]) - {""})
            settings = dataset.simulate_noise.model_dump()
            groups = grouping.resolve(settings.pop("grouping"), dataset.name, classes)
            table = noise.simulate(table, groups=groups, **settings)
        clips, classes = preparing.prepare(table, raw, n_folds=params.folds.n, seed=params.seed)
        artifacts.write_clips(folder / "clips", clips, classes)
        self.params, self.classes = params, classes
        self.clips = artifacts.read_clips(folder / "clips")
        self.answers = artifacts.read_answers(folder / "clips")
        extraction.extract_all(self.clips, raw, params.features, jobs=params.compute.jobs, out=folder / "features")
        self.features = artifacts.read_features(folder / "features")
        encoded = encoding.encode(self.features, self.clips, params.autoencoder, seed=params.seed, examples=1)
        spread = params.spread
        train = (self.clips["split"] == "train").to_numpy()
        x = latents.training_space(encoded.latents, train, whiten=spread.whiten, l2=spread.normalize, seed=params.seed)
        groups = grouping.resolve(spread.grouping, dataset.name, self.classes)
        self.labels = spreading.spread(x, self.clips, groups, spread)

    def index(self, names: pd.Series) -> np.ndarray:
        """Return int (n,): the class of each name, -1 where it is none."""
        return names.map({name: i for i, name in enumerate(self.classes)}).fillna(-1).to_numpy(int)


def setting(data: Prepared, member: Member, method: str, steps: int | None) -> tuple[Member, selftraining.Split]:
    """Return a member and the roles of the clips for a method, which takes `steps` training steps in one round.

    Self-training, whose steps are the budget of all, keeps the member's own rounds and epochs.
    """
    trusts = {"verified only": "verified", "all as given": "all", "oracle": "all"}
    trains = member.model_copy(update={"train_on": trusts.get(method, "promoted")})
    split = selftraining.split_clips(data.clips, data.labels, data.classes, data.features.ok, trains)
    if method == "oracle":
        truth = data.index(data.answers["truth"])
        split = replace(split, given=truth, trusted=split.trusted & (truth >= 0))
    if steps is None:
        return trains, split
    epochs = max(1, round(steps / -(-int(split.trusted.sum()) // member.fit.batch_size)))
    fit = member.fit.model_copy(update={"epochs": epochs})
    return trains.model_copy(update={"rounds": 1, "fit": fit}), split


def steps_taken(rounds: pd.DataFrame, member: Member) -> int:
    """Return the training steps of a run: what every other method of the same seed may take."""
    clips = rounds["trusted"] + rounds["pseudo"]
    return int((rounds["epochs"] * -(-clips // member.fit.batch_size)).sum())


def measure(data: Prepared, name: str, method: str, steps: int | None, folder: Path) -> dict[str, Any]:
    """Train one member by one method and score it on the test split."""
    member, split = setting(data, data.params.members[name], method, steps)
    n_frames = patches.frames_in_patch(data.features, member.patches, split.trusted)
    seed = data.params.seed
    learner = KerasLearner(data.features, member, len(data.classes), n_frames, seed=seed, name=name)
    store = Checkpoints(folder / "checkpoints", f"{name} {method}")
    state = selftraining.run_rounds(split, member, learner, store, say=lambda line: None)
    store.remove()
    assert state.probs is not None
    test = np.where(data.answers["split"] == "test", data.index(data.answers["label"]), -1)
    trusted = split.trusted
    right = (data.index(data.answers["truth"]) == split.given)[trusted]
    return {
        "member": name,
        "seed": seed,
        "method": method,
        "steps": steps_taken(state.rounds, member),
        "trusted": int(trusted.sum()),
        "right": round(float(right.mean()), 4),
        "test_clips": int((test >= 0).sum()),
        "accuracy": metrics.accuracy(state.probs, test),
        "map3": metrics.map_at_k(state.probs, test, 3),
    }


def run(path: Path, root: str | None, seeds: int, member: str | None, out: Path) -> Iterator[dict[str, Any]]:
    """Yield a row a seed and method, skipping those in `out`."""
    done = pd.read_csv(out) if out.is_file() else pd.DataFrame(columns=["member", "seed", "method", "steps"])
    for seed in range(seeds):
        params = params_for(path, root, seed)
        name = member or params.ensemble.members[0]
        had = set(done.loc[(done["seed"] == seed) & (done["member"] == name), "method"])
        todo = [method for method in METHODS if method not in had]
        if not todo:
            continue
        backend.configure(params.compute.device, params.compute.precision)
        with tempfile.TemporaryDirectory() as scratch:
            data = Prepared(params, Path(scratch))
            budget = done.loc[(done["seed"] == seed) & (done["member"] == name), "steps"].max()
            for method in todo:
                row = measure(data, name, method, None if method == METHODS[0] else int(budget), Path(scratch))
                budget = row["steps"] if method == METHODS[0] else budget
                yield row


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over the seeds, in the order of `ROWS`, in percent."""
    table = rows.groupby("method").agg(
        seeds=("seed", "count"),
        trusted=("trusted", "mean"),
        right=("right", "mean"),
        accuracy=("accuracy", "mean"),
        accuracy_sd=("accuracy", "std"),
        map3=("map3", "mean"),
        map3_sd=("map3", "std"),
    )
    shares = ["right", "accuracy", "accuracy_sd", "map3", "map3_sd"]
    return table.reindex([m for m in ROWS if m in table.index]).assign(**{k: table[k] * 100 for k in shares}).round(1)


def main() -> None:
    """Measure what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=Path, required=True)
    parser.add_argument("--root", help="where the data set lies, if not where the params say")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--member", help="which member is trained (default: the first of the ensemble)")
    parser.add_argument("--out", type=Path, help="CSV of all rows (default: benchmarks/results/<params>.csv)")
    arguments = parser.parse_args()
    out = arguments.out or Path("benchmarks/results") / f"training_sets_{arguments.params.stem}.csv"
    for row in run(arguments.params, arguments.root, arguments.seeds, arguments.member, out):
        before = pd.read_csv(out) if out.is_file() else pd.DataFrame()
        artifacts.write_table(out, pd.concat([before, pd.DataFrame([row])], ignore_index=True))
        print(f"seed {row['seed']}, {row['method']}: accuracy {row['accuracy']:.3f}", flush=True)
    print(f"\n{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(summary(pd.read_csv(out)).to_string())


if __name__ == "__main__":
    main()
