"""What the methods of `benchmarks.label_quality` share on one data set with one noise and one seed.

Conventions: what two methods, or two noise rates, train alike (the verified clips alone, the oracle, the judges) is
trained once and kept by its content.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import peers
from benchmarks.common.datasets import Noisy
from benchmarks.common.peers import Peer
from pipeline.files import dependencies, fingerprint, weights
from pipeline.files.checkpoints import Checkpoints
from pipeline.judges.linear import ask as linear
from pipeline.judges.linear import regression
from pipeline.judges.network import cross_fitting, fitted
from pipeline.judges.network.ask import hear
from pipeline.judges.question import Question
from pipeline.judges.roles import Roles, roles
from pipeline.judges.said import Said
from pipeline.labels.weigh import Weighed, weigh
from pipeline.latents import encoding, scaling
from pipeline.networks import backend, patches
from pipeline.params.labels import Labels
from pipeline.params.schema import Params
from pipeline.params.training import Judge, Rounds
from pipeline.spreading import within_families


@cache
def _code() -> list[str]:
    """Return what stands for all code that trains."""
    root = Path(__file__).resolve().parents[2]
    names = ("judges/network/ask", "judges/linear/ask", "latents/encoding", "members/self_training")
    return [dependencies.code(root / "pipeline" / f"{name}.py", root) for name in names]


def computed(params: Params) -> Params:
    """Compute in this process, on the CPU, as the params say; return them with the precision that `auto` stands for."""
    machine = backend.configure("cpu", params.compute.precision)
    return params.model_copy(update={"compute": params.compute.model_copy(update={"precision": machine.precision})})


class Bench:
    """One data set with one noise and one seed, and what its methods share."""

    def __init__(self, data: Noisy, params: Params, store: Path, members: int) -> None:
        """Work on `data` by the settings of `params`, `members` networks a row; `store` keeps what was trained.

        `params.compute.precision` is that of this process, no longer `auto`. A row's network is the first member of
        `params` in one round of as many steps as it takes in all.
        """
        self.data, self.params, self.store, self.members = data, params, store, members
        self.clips, self.classes = data.clips, data.classes
        base = next(iter(params.members.values()))
        resolved = patches.resolve(data.features, base.patches, data.train)
        alone = {"hold_out": None, "rounds": Rounds(number=1), "from_judge": None, "patches": resolved}
        self.member = base.model_copy(update=alone | {"epochs": base.epochs * base.rounds.number})
        self.steps = self.member.epochs * -(-int(data.train.sum()) // base.training.batch_size)

    @property
    def judge(self) -> Judge:
        """The settings of the cross-fitted networks."""
        settings = self.params.judges.network
        assert settings is not None
        return settings

    @cached_property
    def roles(self) -> Roles:
        """What each clip does for the judges."""
        return roles(self.clips, self.classes, self.data.features.ok)

    @cached_property
    def longer(self) -> int:
        """The steps of each of a row's networks that together take as many as Earmark's, its judges included."""
        settings, roles = self.judge, self.roles
        shown = [int((roles.verified & (roles.fold != fold)).sum()) for fold in roles.folds]
        size = settings.training.batch_size
        first = settings.epochs * sum(-(-clips // size) for clips in shown)
        again = settings.unverified_epochs * len(shown) * -(-int(roles.train.sum()) // size)
        return self.steps + round((first + again) / self.members)

    def file(self, key: list[Any], arrays: list[np.ndarray], suffix: str, write: Callable[[Path], None]) -> Path:
        """Return the file that `write` makes for these settings and arrays, or made before."""
        precision = self.params.compute.precision
        settings = [*key, precision, self.params.seed, list(self.clips["clip_id"]), self.params.features.model_dump()]
        name = fingerprint.digest(settings, _code(), *map(np.ascontiguousarray, arrays))
        path = self.store / f"{name}{suffix}"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{name}.{os.getpid()}.tmp{suffix}")
            write(temporary)
            temporary.rename(path)
        return path

    def kept(self, key: list[Any], arrays: list[np.ndarray], make: Callable[[], np.ndarray]) -> np.ndarray:
        """Return what `make` returns for these settings and arrays, from disk where it was made before."""
        return np.load(self.file(key, arrays, ".npy", lambda path: np.save(path, make())), allow_pickle=False)

    @cached_property
    def raw(self) -> np.ndarray:
        """Float32 (n, d): the autoencoder's latents."""
        files, settings = self.clips[["clip_id", "split", "group"]], self.params.autoencoder

        def make() -> np.ndarray:
            return encoding.encode(self.data.features, files, settings, seed=self.params.seed, examples=1).latents

        return self.kept(["latents", settings.model_dump()], [self.data.train], make)

    @cached_property
    def _space(self) -> np.ndarray:
        """Float64 (n, d): the autoencoder's latents as labels are spread over them."""
        train = (self.clips["split"] == "train").to_numpy()
        return scaling.training_space(self.raw, train, **self.params.space.model_dump(), seed=self.params.seed)

    @cached_property
    def judged(self) -> np.ndarray:
        """Float32 (n, n_classes): out-of-fold probabilities of the cross-fitted networks."""
        return self.kept(*self._known, lambda: self._heard.probs)

    @cached_property
    def judges(self) -> list[list[np.ndarray]]:
        """The weights of the cross-fitted networks."""
        path = self.file(*self._known, ".npz", lambda path: weights.write(path, self._heard.weights))
        return list(weights.read(path).values())

    @cached_property
    def near(self) -> np.ndarray:
        """Int32 (n, k): the clips that sound most like each to the cross-fitted networks."""

        def make() -> np.ndarray:
            assert self._heard.near is not None
            return self._heard.near

        key, arrays = self._known
        return self.kept(["neighbours", list(self.clips["group"]), *key], arrays, make)

    @property
    def _known(self) -> tuple[list[Any], list[np.ndarray]]:
        """What the judges depend on: no given label of an unverified clip, so that all noise rates have the same."""
        roles = self.roles
        return ["judges", self.judge.model_dump()], [
            np.where(roles.verified, roles.given, -1),
            roles.train,
            roles.fold,
        ]

    @cached_property
    def _heard(self) -> Said:
        """What the stage `judge` would write of the networks."""
        settings = self._resolved(self.judge)
        with self._checkpoints() as store:
            return hear(self._question, settings, self.roles, store, say=lambda line: None)

    @property
    def _question(self) -> Question:
        return Question(
            clips=self.clips,
            classes=self.classes,
            features=self.data.features,
            frames_sha256="",
            settings=self.params.judges,
            compute=self.params.compute,
            seed=self.params.seed,
            checkpoints=self.store,
        )

    @contextmanager
    def _checkpoints(self) -> Iterator[Checkpoints]:
        self.store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.store) as scratch:
            yield Checkpoints(Path(scratch) / "judge", "judge")

    def fit(self, settings: Judge) -> cross_fitting.FitAndScore:
        """Return what trains a judge of these settings on the clips of this bench."""
        return fitted.fit_and_score(
            self.data.features, self._resolved(settings), len(self.classes), seed=self.params.seed
        )

    def _resolved(self, settings: Judge) -> Judge:
        resolved = patches.resolve(self.data.features, settings.patches, self.roles.train)
        return settings.model_copy(update={"patches": resolved})

    def judge_by(self, settings: Judge, fit: cross_fitting.FitAndScore) -> cross_fitting.Judged:
        """Return what networks that `fit` trains say of the clips of other folds."""
        with self._checkpoints() as store:
            return cross_fitting.judge(
                self.roles, len(self.classes), settings.rounds, fit, store, say=lambda line: None
            )

    @cached_property
    def linear(self) -> np.ndarray:
        """Float32 (n, n_classes): out-of-fold probabilities of the linear judge."""
        return linear.ask(self._question).probs

    def weighed(self, source: str, judged: np.ndarray | None = None) -> Weighed:
        """Return what Earmark decides by what `source` says: the `latents`, the judges (`out_of_fold`), or `both`.

        `judged` takes the place of its own networks' word; then no sound of no class is looked for.
        """
        settings = self.params.labels.model_copy(update={"spreading": source != "out_of_fold"})
        if source == "latents":
            return self._weighed(settings, None, None)
        said = np.stack([self.judged if judged is None else judged, self.linear])
        return self._weighed(settings, said, self.near if judged is None else None)

    @cached_property
    def logistic(self) -> Weighed:
        """What is decided on the fixed features: by logistic regression, cross-fitted, and spreading on the latents."""
        return self._weighed(self.params.labels, self.linear[np.newaxis], None)

    def _weighed(self, settings: Labels, said: np.ndarray | None, near: np.ndarray | None) -> Weighed:
        """Decide by `settings`; without `near`, nobody can tell sounds of no class."""
        return weigh(
            self.clips,
            self.classes,
            self.data.families,
            self.params.space,
            self.params.spread,
            settings.model_copy(update={"open_set": settings.open_set and near is not None}),
            latents=self.raw,
            said=said,
            near=near,
            seed=self.params.seed,
        )

    @cached_property
    def spread(self) -> pd.DataFrame:
        """The labels that spreading alone promotes."""
        return within_families.spread(self._space, self.clips, self.data.families, self.params.spread)

    @cached_property
    def cleanlab(self) -> Peer:
        """What cleanlab keeps, on the same evidence that Earmark's posterior rests on."""
        return self.cleanlab_by(self.weighed("both").belief.evidence)

    def cleanlab_by(self, probs: np.ndarray) -> Peer:
        """What cleanlab keeps by float (n, n_classes) probabilities."""
        train = self.data.train
        part = probs[train].astype(np.float64)
        part /= part.sum(axis=1, keepdims=True)
        return peers.find_label_issues(part, self.data.given[train], self.data.verified[train])

    @cached_property
    def embedding(self) -> np.ndarray:
        """Float64 (n, d): features that nothing was trained for."""
        return regression.summaries(self.data.features)
