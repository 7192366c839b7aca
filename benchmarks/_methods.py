"""The methods of `benchmarks.label_quality`: what each trains on, and what each says of the given labels.

Conventions: every network row is the geometric mean of as many networks (the first member of the preset, on other
batches); each is trained for the same number of steps on all folds; methods differ in which clips they see with which
targets, and in what they begin with. A row begins with new weights, but for Earmark's, whose networks go on from those
of its judges as the presets say, and for baselines and oracles that are given the same (`FROM_JUDGES`). The judges'
steps come on top; `LONGER` rows have new weights and take as many steps in all as Earmark and its judges. What two
methods, or two noise rates, train alike (the verified clips alone, the oracle, the judges) is trained once and kept by
its content.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import _peers
from benchmarks._data import Noisy
from benchmarks._peers import Peer
from pipeline import (
    backend,
    crossfit,
    decisions,
    encoding,
    ensemble,
    fingerprint,
    judging,
    latents,
    linear,
    metrics,
    patches,
    reliability,
    selftraining,
    spreading,
    weights,
)
from pipeline.checkpoints import Checkpoints
from pipeline.learner import KerasLearner
from pipeline.params import Judge, Member, Params, Selection, Spread
from pipeline.roles import Split, split_clips

FROM_JUDGES = ", from the judges"
LONGER = ", longer"
SCRATCH = ", from scratch"
_ENDS = ("verified only", "all as given", "oracle")
NETWORKS = (
    "verified only",
    "all as given",
    "the report",
    "cleanlab",
    f"earmark{SCRATCH}",
    "earmark",
    "oracle",
    *(f"{name}{FROM_JUDGES}" for name in _ENDS),
    *(f"{name}{LONGER}" for name in _ENDS),
)
LOGISTIC = ("verified only", "all as given", "self-training classifier", "clean learning", "earmark", "oracle")
JUDGES = (
    "the report",
    "self-training classifier",
    "clean learning",
    "cleanlab",
    "cleanlab, network alone",
    "earmark, same features",
    "latents",
    "out_of_fold",
    "both",
)


@dataclass(frozen=True)
class Trained:
    """Probabilities float32 (n, n_classes) of the networks' mean and of each, and the steps that each took."""

    probs: np.ndarray
    each: list[np.ndarray]
    steps: int


@cache
def _code() -> list[str]:
    """Return what stands for all code that trains."""
    root = Path(__file__).resolve().parents[1]
    return [
        fingerprint.code(root / "pipeline" / f"{name}.py", root) for name in ("encoding", "learner", "selftraining")
    ]


def computed(params: Params) -> Params:
    """Compute in this process, on the CPU, as the params say; return them with the precision that `auto` stands for."""
    machine = backend.configure("cpu", params.compute.precision)
    return params.model_copy(update={"compute": params.compute.model_copy(update={"precision": machine.precision})})


class Bench:
    """One data set with one noise and one seed, and what its methods share."""

    def __init__(self, data: Noisy, params: Params, store: Path, members: int) -> None:
        """Work on `data` by the settings of `params`, `members` networks a row; `store` keeps what was trained.

        `params.compute.precision` is that of this process, no longer `auto`.
        """
        self.data, self.params, self._store, self._members = data, params, store, members
        self.clips, self.classes = data.clips, data.classes
        base = params.members[params.ensemble.members[0]]
        self.member = base.model_copy(update={"fold": None, "rounds": 1, "start": None})
        self.steps = base.fit.epochs * base.rounds * -(-int(data.train.sum()) // base.fit.batch_size)

    @cached_property
    def roles(self) -> judging.Roles:
        """What each clip does for the judges."""
        return judging.roles(self.clips, self.classes, self.data.features.ok)

    @cached_property
    def longer(self) -> int:
        """The steps of each of a row's networks that together take as many as Earmark's, its judges included."""
        settings, roles = self.params.judge, self.roles
        shown = [int((roles.verified & (roles.fold != fold)).sum()) for fold in roles.folds]
        size = settings.fit.batch_size
        first = settings.fit.epochs * sum(-(-clips // size) for clips in shown)
        again = settings.unverified_epochs * len(shown) * -(-int(roles.train.sum()) // size)
        return self.steps + round((first + again) / self._members)

    @cached_property
    def n_frames(self) -> int:
        return patches.frames_in_patch(self.data.features, self.member.patches, self.data.train)

    def _file(self, key: list[Any], arrays: list[np.ndarray], suffix: str, write: Callable[[Path], None]) -> Path:
        """Return the file that `write` makes for these settings and arrays, or made before."""
        precision = self.params.compute.precision
        settings = [*key, precision, self.params.seed, list(self.clips["clip_id"]), self.params.features.model_dump()]
        name = fingerprint.digest(settings, _code(), *map(np.ascontiguousarray, arrays))
        path = self._store / f"{name}{suffix}"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{name}.{os.getpid()}.tmp{suffix}")
            write(temporary)
            temporary.rename(path)
        return path

    def _kept(self, key: list[Any], arrays: list[np.ndarray], make: Callable[[], np.ndarray]) -> np.ndarray:
        """Return what `make` returns for these settings and arrays, from disk where it was made before."""
        return np.load(self._file(key, arrays, ".npy", lambda path: np.save(path, make())), allow_pickle=False)

    @cached_property
    def _raw(self) -> np.ndarray:
        """Float32 (n, d): the autoencoder's latents."""
        files, settings = self.clips[["clip_id", "split", "group"]], self.params.autoencoder

        def make() -> np.ndarray:
            return encoding.encode(self.data.features, files, settings, seed=self.params.seed, examples=1).latents

        return self._kept(["latents", settings.model_dump()], [self.data.train], make)

    @cached_property
    def latents(self) -> np.ndarray:
        """Float64 (n, d): the autoencoder's latents as labels are spread over them."""
        train, spread = (self.clips["split"] == "train").to_numpy(), self.params.spread
        return latents.training_space(
            self._raw, train, whiten=spread.whiten, l2=spread.normalize, seed=self.params.seed
        )

    @cached_property
    def judged(self) -> np.ndarray:
        """Float32 (n, n_classes): out-of-fold probabilities of the cross-fitted networks."""
        return self._kept(*self._known, lambda: self._cross_fitted.probs)

    @cached_property
    def judges(self) -> list[list[np.ndarray]]:
        """The weights of the cross-fitted networks."""
        path = self._file(*self._known, ".npz", lambda path: weights.write(path, self._cross_fitted.weights))
        return list(weights.read(path).values())

    @property
    def _known(self) -> tuple[list[Any], list[np.ndarray]]:
        """What the judges depend on: no given label of an unverified clip, so that all noise rates have the same."""
        roles = self.roles
        return ["judges", self.params.judge.model_dump()], [
            np.where(roles.verified, roles.given, -1),
            roles.train,
            roles.fold,
        ]

    @cached_property
    def _cross_fitted(self) -> judging.Judged:
        return self.judge_by(self.params.judge, self.fit(self.params.judge))

    def fit(self, settings: Judge) -> judging.FitAndScore:
        """Return what trains a judge of these settings on the clips of this bench."""
        data = self.data
        n_frames = patches.frames_in_patch(data.features, settings.patches, self.roles.train)
        return crossfit.fit_and_score(data.features, settings, len(self.classes), n_frames, seed=self.params.seed)

    def judge_by(self, settings: Judge, fit: judging.FitAndScore) -> judging.Judged:
        """Return what networks that `fit` trains say of the clips of other folds."""
        store = Checkpoints(self._store / f"checkpoints-{id(self)}", "judge")
        found = judging.judge(self.roles, len(self.classes), settings.rounds, fit, store, say=lambda line: None)
        store.remove()
        return found

    @cached_property
    def linear(self) -> np.ndarray:
        """Float32 (n, n_classes): out-of-fold probabilities of the linear judge."""
        return linear.judge(self.embedding, self.roles, len(self.classes), self.params.judge.linear)

    def decided(
        self, source: str, judged: np.ndarray | None = None
    ) -> tuple[decisions.Case, decisions.Belief, pd.DataFrame]:
        """Return what Earmark decides with evidence of `source`; `judged` takes the place of its own networks' word."""
        settings: Spread = self.params.spread.model_copy(update={"source": source, "promote": "posterior"})
        network = np.empty((0, 0), np.float32)
        if source != "latents":
            network = np.stack([self.judged if judged is None else judged, self.linear])
        case = decisions.gather(
            self.clips, self.classes, self.data.groups, settings, latents=self.latents, network=network
        )
        belief = decisions.believe(case)
        return case, belief, decisions.decide(self.spread, case, belief, self.classes, settings)

    @cached_property
    def spread(self) -> pd.DataFrame:
        """The labels that spreading alone promotes."""
        return spreading.spread(self.latents, self.clips, self.data.groups, self.params.spread)

    @cached_property
    def cleanlab(self) -> Peer:
        """What cleanlab keeps, on the same evidence that Earmark's posterior rests on."""
        return self._cleanlab(self.decided("both")[1].evidence)

    def _cleanlab(self, probs: np.ndarray) -> Peer:
        train = self.data.train
        part = probs[train].astype(np.float64)
        part /= part.sum(axis=1, keepdims=True)
        return _peers.find_label_issues(part, self.data.given[train], self.data.verified[train])

    def _split(self, member: Member, labels: pd.DataFrame, posterior: np.ndarray | None = None) -> Split:
        none = np.full((len(self.clips), len(self.classes)), np.nan, np.float32)
        belief = none if posterior is None else posterior.astype(np.float32)
        return split_clips(self.clips, labels, belief, self.classes, self.data.features.ok, member)

    def network(self, method: str) -> Trained:
        """Train the network by one method and score every clip."""
        plain = method.removesuffix(FROM_JUDGES).removesuffix(LONGER).removesuffix(SCRATCH)
        member, split = self._material(plain)
        starts: list[list[np.ndarray]] = []
        if method == "earmark" or method.endswith(FROM_JUDGES):
            starts = self.judges
        return self._train(member, split, starts, self.longer if method.endswith(LONGER) else self.steps)

    def _material(self, method: str) -> tuple[Member, Split]:
        """Return what the networks of a method are trained on, and how."""
        member, labels, posterior = self.member, self.spread, None
        if method in ("verified only", "all as given", "oracle"):
            member = member.model_copy(update={"train_on": "verified" if method == "verified only" else "all"})
        elif method == "cleanlab":
            promoted = np.zeros(len(labels), dtype=bool)
            promoted[self.data.train] = self.cleanlab.keep & ~self.data.verified[self.data.train]
            labels, member = labels.assign(promoted=promoted), member.model_copy(update={"train_on": "promoted"})
        elif method == "the report":
            rounds = {"train_on": "promoted", "rounds": 3, "selection": Selection(rule="predicted")}
            member = member.model_copy(update=rounds)
        else:
            _, belief, labels = self.decided(self.params.spread.source)
            member, posterior = member.model_copy(update={"train_on": "posterior"}), belief.posterior
        split = self._split(member, labels, posterior)
        if method == "oracle":
            truth = np.where(self.data.train, self.data.truth, -1)
            split = replace(split, given=truth, target=truth, trusted=split.trusted & (truth >= 0))
        return member, split

    def _train(self, member: Member, split: Split, starts: list[list[np.ndarray]], steps: int) -> Trained:
        clips = int((split.trusted | split.doubtful).sum())
        batches = -(-clips // member.fit.batch_size)
        # Pseudo-labels make later rounds of the report's method longer; those steps come on top and are not counted.
        epochs = max(1, round(steps / batches / member.rounds))
        member = member.model_copy(update={"fit": member.fit.model_copy(update={"epochs": epochs})})

        used = split.trusted | split.doubtful
        arrays = [split.target, split.trusted, np.nan_to_num(split.posterior), split.doubtful]
        # A single round never looks at the pool, so what lies in it must not train anew.
        arrays += [split.given, split.pool] if member.rounds > 1 else [used]
        each = []
        for number in range(self._members):
            # The first has a plain name, as when a row was one network.
            name = f"bench-{number}" if number else "bench"
            start = starts[number % len(starts)] if starts else None
            fit = partial(self._fit, member, split, name, start)
            each.append(self._kept(["network", member.model_dump(), name], [*arrays, *(start or [])], fit))
        return Trained(ensemble.combine(each, method="geometric"), each, epochs * batches * member.rounds)

    def _fit(self, member: Member, split: Split, name: str, start: list[np.ndarray] | None) -> np.ndarray:
        learner = KerasLearner(
            self.data.features, member, len(self.classes), self.n_frames, seed=self.params.seed, name=name, start=start
        )
        store = Checkpoints(self._store / f"checkpoints-{id(split)}", "bench")
        state = selftraining.run_rounds(split, member, learner, store, say=lambda line: None)
        store.remove()
        assert state.probs is not None
        return state.probs

    def judge(self, method: str) -> dict[str, float | None]:
        """Score what a method says of the unverified labels, and what it expects of itself."""
        data, train = self.data, self.data.train
        mask = data.unverified[train]
        extra: dict[str, float | None] = {}
        if method in ("latents", "out_of_fold", "both", "earmark, same features"):
            if method == "earmark, same features":
                case, belief = self.logistic_case, self.logistic_belief
                labels = decisions.decide(self.spread, case, belief, self.classes, self.params.spread)
            else:
                case, belief, labels = self.decided(method)
            score = np.nan_to_num(belief.posterior[np.arange(len(data.given)), data.given])[train]
            keep = (data.verified | labels["promoted"].to_numpy(bool))[train]
            groups, seed = data.groups, self.params.seed
            estimate = reliability.estimate(case, belief, labels, groups, seed=seed, draws=0)["all"]
            extra = {"noise_estimate": estimate.noise_rate, "precision_estimate": estimate.precision}
            corrected = (labels["outcome"] == decisions.CORRECTED).to_numpy()
            target = pd.Index(self.classes).get_indexer(pd.Index(labels["target"]))
            right = (target == data.truth)[corrected]
            extra |= {"corrected": len(right), "corrections_right": float(right.mean()) if len(right) else float("nan")}
        else:
            peer = self._peer(method)
            score, keep = peer.score, peer.keep
        return _peers.judge_scores(score, keep, data.given[train], data.truth[train], mask) | extra

    def _peer(self, method: str) -> Peer:
        data, train = self.data, self.data.train
        given, verified = data.given[train], data.verified[train]
        x = self.embedding
        if method == "the report":
            return _peers.spreading_report(self._raw[train], given, verified, data.group_of)
        if method == "self-training classifier":
            return _peers.self_training(x[train], given, verified, x[data.test])
        if method == "clean learning":
            return _peers.clean_learning(x[train], given, verified, x[data.test], seed=self.params.seed)
        return self.cleanlab if method == "cleanlab" else self._cleanlab(self.judged)

    @cached_property
    def embedding(self) -> np.ndarray:
        """Float64 (n, d): features that nothing was trained for."""
        return linear.summaries(self.data.features)

    def logistic(self, method: str) -> np.ndarray:
        """Return float64 (n_test, n_classes): what logistic regression on the fixed features says of the test clips.

        Earmark's row takes evidence from the latents and from the same logistic regression, cross-fitted, so that no
        network of its own helps it.
        """
        data, train, x = self.data, self.data.train, self.embedding
        if method in ("self-training classifier", "clean learning"):
            found = self._peer(method).test_probs
            assert found is not None
            return found
        targets: np.ndarray = data.given
        weights = (data.verified if method == "verified only" else train).astype(np.float64)
        if method == "oracle":
            targets = data.truth
        elif method == "earmark":
            targets = self.logistic_belief.posterior
        k = len(self.classes)
        return _peers.logistic(x[train], targets[train], weights[train], x[data.test], n_classes=k)

    @cached_property
    def logistic_case(self) -> decisions.Case:
        """The case on the fixed features: logistic regression, cross-fitted, and spreading on the latents."""
        settings = self.params.spread.model_copy(update={"source": "both"})
        return decisions.gather(
            self.clips, self.classes, self.data.groups, settings, latents=self.latents, network=self.linear
        )

    @cached_property
    def logistic_belief(self) -> decisions.Belief:
        """What is believed in `logistic_case`."""
        return decisions.believe(self.logistic_case)


def measure(bench: Bench, row: str, method: str) -> dict[str, Any]:
    """Measure one row of the bench."""
    if row == "judge":
        return bench.judge(method)
    target = bench.data.test_target
    if row == "logistic":
        probs = np.full((len(target), len(bench.classes)), np.nan)
        probs[bench.data.test] = bench.logistic(method)
        return _scores(probs, target)
    trained = bench.network(method)
    single = float(np.mean([metrics.accuracy(probs, target) for probs in trained.each]))
    return _scores(trained.probs, target) | {"steps": trained.steps, "members": len(trained.each), "single": single}


def _scores(probs: np.ndarray, target: np.ndarray) -> dict[str, Any]:
    accuracy, map3 = metrics.accuracy(probs, target), metrics.map_at_k(probs, target, 3)
    return {"test_clips": int((target >= 0).sum()), "accuracy": accuracy, "map3": map3}
