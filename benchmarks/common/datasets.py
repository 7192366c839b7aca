"""A data set whose labels are all true, and the same with simulated noise: what every method of a bench is given.

Conventions: one row a clip, sorted by `clip_id`. What trains, promotes or selects may read `Noisy.clips`, `given`,
`verified`, `train` and `features`; `answers`, `truth` and `test_target` are for scores and for the oracle.

Frames do not depend on labels or folds, so they are extracted once a data set and data seed and kept below a folder:
the five test folds of ESC-10 share one extraction, and a demo of one seed is synthesised once for all kinds of noise.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from benchmarks.common.lock import alone
from pipeline.audio import extraction
from pipeline.clips import folds, grouping, preparing, simulated_noise
from pipeline.files import artifacts, dependencies, fingerprint, formats, frames
from pipeline.params import registry
from pipeline.params.schema import Params
from pipeline.seeding import derive

Kind = Literal["symmetric", "within_family", "open_set"]


@dataclass(frozen=True)
class Clean:
    """A data set all of whose labels are true.

    Attributes:
        params: those of the run, with the seed, the data set's root and test fold, and no noise of its own.
        table: one row a clip, the columns of every `datasets` plugin, `truth` among them; all clips verified.
        classes: the labels of the training split, sorted.
        features: frames of the clips of `table`, in its order.
    """

    params: Params
    table: pd.DataFrame
    classes: list[str]
    features: frames.Frames


@dataclass(frozen=True)
class Noisy:
    """The same data set as if it had been half-trusted; n clips, fewer than before where noise is `open_set`.

    Attributes:
        clips: as `artifacts.read_clips` gives them: no truth, test labels blank.
        answers: as `artifacts.read_answers` gives them.
        classes: names; a name's index is its column.
        families: the classes of each family.
        features: frames of these clips, in their order.
        given: int (n,), class of the given label; -1 for test clips.
        truth: int (n,), true class; -1 where it is none of the classes.
        verified: bool (n,), training clips whose label is verified.
        train: bool (n,), usable training clips.
        test: bool (n,), usable test clips.
        test_target: int (n,), true class of the usable test clips, -1 elsewhere.
    """

    clips: pd.DataFrame
    answers: pd.DataFrame
    classes: list[str]
    families: dict[str, list[str]]
    features: frames.Frames
    given: np.ndarray
    truth: np.ndarray
    verified: np.ndarray
    train: np.ndarray
    test: np.ndarray
    test_target: np.ndarray

    @property
    def unverified(self) -> np.ndarray:
        """Bool (n,): the training clips whose label is in doubt."""
        return self.train & ~self.verified

    @cached_property
    def family_of(self) -> np.ndarray:
        """Int (n_classes,): number of each class's family, in the order of `families`."""
        number = {name: i for i, members in enumerate(self.families.values()) for name in members}
        return np.array([number[name] for name in self.classes])


def clean(params: Params, root: str | Path | None, seed: int, folder: Path, *, more_tests: int = 0) -> Clean:
    """Return a data set with all labels true; what it took to extract its frames is kept below `folder`.

    Args:
        params: of a preset; `dataset`, `features`, `compute.jobs` are read.
        root: where the data set lies; None: where the params say.
        seed: ESC-10 takes the official fold 1 + seed % 5 as its test split; the demo synthesises its own clips.
        folder: may hold what earlier calls left there; nothing in it is needed for the result, and several processes
            may use it at a time.
        more_tests: of the demo, how many clips of another draw join its test split, so that what is measured there is
            the network and not the luck of a few test clips; what trains stays as it is.

    Clips that are of no class (the demo has some) are left out, and each label is the truth.
    """
    params = _of_seed(params, root, seed)
    more_tests = more_tests if params.dataset.name == "demo" else 0
    place = folder / _frames_key(params, more_tests)
    listed = place / f"{fingerprint.digest(params.dataset.settings)}.csv"
    place.mkdir(parents=True, exist_ok=True)
    with alone(place):
        if not (listed.is_file() and (place / "features").is_dir()):
            _extract(params, place, listed, more_tests)
    table = _true(_typed(formats.read_table(listed)))
    features = _restricted(frames.read_features(place / "features"), table["clip_id"])
    classes = sorted(set(table.loc[table["split"] == "train", "label"]))
    return Clean(params=params, table=table, classes=classes, features=features)


def _of_seed(params: Params, root: str | Path | None, seed: int) -> Params:
    update: dict[str, Any] = {"simulate_noise": None}
    if root is not None:
        update["root"] = str(root)
    if params.dataset.name == "esc50":
        update["test_fold"] = 1 + seed % 5
    return params.model_copy(update={"seed": seed, "dataset": params.dataset.model_copy(update=update)})


def _frames_key(params: Params, more_tests: int) -> str:
    """Return what the frames depend on, as the name of a folder: the clips, the settings and the code."""
    synthesised = params.dataset.name == "demo"
    clips = {name: value for name, value in params.dataset.settings.items() if name != "test_fold"}
    origin = params.seed if synthesised else str(Path(params.dataset.root).resolve())
    here = Path(__file__)
    code = dependencies.code(here, here.parents[2])
    key = fingerprint.digest(clips, more_tests, origin, extraction.describe(params.features), code)
    return f"{params.dataset.name}-{key}"


def _extract(params: Params, place: Path, listed: Path, more_tests: int) -> None:
    """List the data set in `listed` and, unless they are there, put the frames of its clips into `place`/features."""
    with tempfile.TemporaryDirectory() as scratch:
        raw, dataset = Path(scratch), params.dataset
        load = registry.function("datasets", dataset.name)
        table = load(Path(dataset.root), raw, seed=params.seed, **dataset.settings)
        if more_tests:
            table = pd.concat([table, _tests(params.seed, raw, more_tests)])
        table = table.sort_values("clip_id", ignore_index=True)
        if not (place / "features").is_dir():
            for source, path in zip(table["source"], table["path"], strict=True):
                preparing.link(Path(source).absolute(), raw / path)
            jobs = params.compute.jobs
            extraction.extract_all(table, raw, params.features, jobs=jobs, out=place / "features")
    formats.write_table(listed, table)


def _tests(seed: int, raw: Path, clips: int) -> pd.DataFrame:
    """Synthesise `clips` clips of the demo into `raw`/more, all of the test split."""
    folder = raw / "more"
    load = registry.function("datasets", "demo")
    table: pd.DataFrame = load(folder, folder, seed=derive(seed, "bench", "more tests"), clips=clips)
    return table.assign(split="test", path="more/" + table["path"])


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give back to a table read as text the types that a `datasets` plugin gave it."""
    table = table.assign(verified=table["verified"] == "True")
    return table.assign(fold=table["fold"].astype(int)) if "fold" in table else table


def _true(table: pd.DataFrame) -> pd.DataFrame:
    known = set(table.loc[table["split"] == "train", "label"]) - {""}
    kept = table[table["truth"].isin(known)].reset_index(drop=True)
    return kept.assign(label=kept["truth"], verified=True)


def _restricted(features: frames.Frames, clip_ids: Sequence[str] | pd.Series) -> frames.Frames:
    """Return the features of some clips, packed end to end again, in the order of `clip_ids`."""
    row_of = {name: row for row, name in enumerate(features.index["clip_id"])}
    rows = [row_of[name] for name in clip_ids]
    index = features.index.iloc[rows].reset_index(drop=True)
    index = index.assign(start=index["n_frames"].cumsum() - index["n_frames"])
    frames = np.concatenate([features.clip(row) for row in rows])
    return replace(features, frames=frames, index=index)


def noisy(
    clean: Clean,
    kind: Kind,
    rate: float,
    *,
    seed: int,
    verified_fraction: float = 0.4,
    grouping: str | Mapping[str, Sequence[str]] = "two",
) -> Noisy:
    """Return a data set whose labels are true as if it had been half-trusted.

    Args:
        clean: from `clean`.
        kind: of noise, see `pipeline.clips.simulated_noise`.
        rate: share of the unverified labels that are wrong.
        seed: of the noise. Under `symmetric` and `within_family`, the same clips are verified at every rate of a seed,
            and what is wrong at one rate is wrong in the same way at every higher one; not so under `open_set`, which
            withdraws more classes the higher the rate.
        verified_fraction: share of the training clips that are verified.
        grouping: for the noise within families, and resolved for whoever spreads labels within them.

    Raises:
        DataError: as `simulated_noise.simulate` and `preparing.prepare` do.
    """
    name, n_folds = clean.params.dataset.name, clean.params.folds
    table = simulated_noise.simulate(
        clean.table,
        verified_fraction=verified_fraction,
        rate=rate,
        kind=kind,
        families=_families(grouping, name, clean.classes),
        seed=seed,
    )
    if "fold" not in table:
        table = table.assign(fold=_folds(table, n_folds, seed))
    with tempfile.TemporaryDirectory() as scratch:
        clips, classes = preparing.prepare(table, Path(scratch) / "raw", n_folds=n_folds, seed=seed)
        artifacts.write_clips(Path(scratch) / "clips", clips, classes)
        return _noisy(clean, Path(scratch) / "clips", _families(grouping, name, classes))


def _folds(table: pd.DataFrame, n_folds: int, seed: int) -> np.ndarray:
    """Deal folds by the verified labels alone, so that judges of verified clips are the same at every rate of noise."""
    train, fold = (table["split"] == "train").to_numpy(), np.full(len(table), -1)
    part = table[train]
    known = part["label"].where(part["verified"], "")
    fold[train] = folds.assign(list(known), list(part["group"]), list(part["verified"]), n_folds=n_folds, seed=seed)
    return fold


def _families(named: str | Mapping[str, Sequence[str]], dataset: str, classes: list[str]) -> dict[str, list[str]]:
    """Resolve a grouping; one that is written out is cut down to the classes, which `open_set` makes fewer."""
    if not isinstance(named, str):
        cut = {family: [name for name in members if name in classes] for family, members in named.items()}
        named = {family: members for family, members in cut.items() if members}
    return grouping.resolve(named, registry.load("datasets", dataset).GROUPINGS, classes, "spread.grouping")


def _noisy(clean: Clean, folder: Path, families: dict[str, list[str]]) -> Noisy:
    clips, answers = artifacts.read_clips(folder), artifacts.read_answers(folder)
    classes = artifacts.read_classes(folder)
    features = _restricted(clean.features, clips["clip_id"])
    train = (clips["split"] == "train").to_numpy()
    truth = _columns(answers["truth"], classes)
    test = ~train & features.ok
    return Noisy(
        clips=clips,
        answers=answers,
        classes=classes,
        families=families,
        features=features,
        given=_columns(clips["label"], classes),
        truth=truth,
        verified=train & features.ok & clips["verified"].to_numpy(),
        train=train & features.ok,
        test=test,
        test_target=np.where(test, truth, -1),
    )


def _columns(names: pd.Series, classes: list[str]) -> np.ndarray:
    """Return int (n,): the class of each name, -1 where it is none."""
    return pd.Index(classes).get_indexer(pd.Index(names))
