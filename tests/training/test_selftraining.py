"""Schedule, selection and rounds, without a network."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.checkpoints import Checkpoints
from pipeline.errors import DataError
from pipeline.params import Member, Selection
from pipeline.selftraining import Split, lower_bound, run_rounds, select, split_clips

CLASSES = ["a", "b", "c"]


def member(**changes: object) -> Member:
    base = {"model": {"name": "vgg_small"}, "patches": {}, "fit": {"epochs": 1}, "rounds": 3}
    return Member.model_validate(base | changes)


def table(n: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = np.arange(n)
    clips = pd.DataFrame(
        {
            "clip_id": [f"{i:03d}" for i in rows],
            "label": [CLASSES[i % 3] for i in rows],
            "verified": rows % 2 == 0,
            "split": np.where(rows < n - 6, "train", "test"),
            "fold": np.where(rows < n - 6, rows // 6 % 4, -1),
        }
    )
    clips["label"] = clips["label"].where(clips["split"] == "train", "")
    return clips, pd.DataFrame({"promoted": (rows % 5 == 1) & ~clips["verified"]})


def test_the_lower_bound_rises_in_a_line() -> None:
    bounds = [lower_bound(Selection(lower=[0.35, 0.65]), number, 4) for number in (1, 2, 3, 4)]
    np.testing.assert_allclose(bounds, [0.35, 0.45, 0.55, 0.65])
    assert lower_bound(Selection(lower=[0.35, 0.65]), 1, 1) == 0.35


@pytest.mark.parametrize("train_on", ["verified", "promoted", "all"])
def test_roles_are_disjoint_and_as_named(train_on: str) -> None:
    clips, labels = table()
    ok = np.ones(len(clips), bool)
    ok[0] = False
    split = split_clips(clips, labels, CLASSES, ok, member(train_on=train_on, fold=1))
    roles = np.stack([split.trusted, split.pool, split.validation])
    assert roles.sum(axis=0).max() == 1
    assert not roles[:, ~ok].any()
    assert not roles[:, (clips["split"] == "test").to_numpy()].any()
    assert clips["verified"][split.validation].all()
    assert (clips["fold"][split.validation] == 1).all()
    assert (clips["fold"][split.trusted | split.pool] != 1).all()
    assert not clips["verified"][split.pool].any()
    if train_on == "verified":
        assert clips["verified"][split.trusted].all()
    if train_on == "all":
        assert not split.pool.any()


def test_a_class_without_a_trusted_clip_is_named() -> None:
    clips, labels = table()
    clips.loc[clips["label"] == "b", "verified"] = False
    labels["promoted"] = False
    with pytest.raises(DataError, match="no trusted clip to train on for b outside fold 0"):
        split_clips(clips, labels, CLASSES, np.ones(len(clips), bool), member())


def test_a_fold_without_a_verified_clip_is_named() -> None:
    clips, labels = table()
    clips.loc[clips["fold"] == 0, "verified"] = False
    with pytest.raises(DataError, match="fold 0 has no verified clip"):
        split_clips(clips, labels, CLASSES, np.ones(len(clips), bool), member())


def pool_of(n: int, given: np.ndarray | None = None) -> Split:
    none = np.zeros(n, bool)
    return Split(given=np.zeros(n, int) if given is None else given, trusted=none, pool=~none, validation=none)


probs_arrays = arrays.arrays(np.float32, (12, 3), elements=st.floats(0.015625, 1, width=32)).map(
    lambda a: (a / a.sum(axis=1, keepdims=True)).astype(np.float32)
)


@given(
    probs=probs_arrays,
    rule=st.sampled_from(["predicted", "agree", "agree_or_relabel"]),
    lower=st.floats(0, 0.9),
    upper=st.floats(0.9, 1),
    cap=st.none() | st.integers(1, 3),
    given_labels=arrays.arrays(np.int64, 12, elements=st.integers(-1, 2)),
)
def test_what_is_selected(
    probs: np.ndarray, rule: str, lower: float, upper: float, cap: int | None, given_labels: np.ndarray
) -> None:
    split = pool_of(12, given_labels)
    split.pool[:3] = False
    probs[5] = np.nan
    settings = Selection(rule=rule, lower=[0, 0], upper=upper, relabel=0.8, max_per_class=cap)
    chosen = select(probs, split, settings, lower)
    assert split.pool[chosen.rows].all()
    assert 5 not in chosen.rows
    assert (np.diff(chosen.rows) > 0).all()
    assert (chosen.probability >= lower).all()
    assert (chosen.probability <= upper).all()
    np.testing.assert_array_equal(chosen.targets, probs[chosen.rows].argmax(axis=1))
    if rule == "agree":
        np.testing.assert_array_equal(chosen.targets, given_labels[chosen.rows])
    if rule == "agree_or_relabel":
        against = chosen.targets != given_labels[chosen.rows]
        assert (chosen.probability[against] >= 0.8).all()
    if cap is not None:
        assert np.bincount(chosen.targets, minlength=3).max(initial=0) <= cap


def test_a_cap_keeps_the_most_probable() -> None:
    probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]], np.float32)
    chosen = select(probs, pool_of(3), Selection(lower=[0, 0], max_per_class=2), 0.0)
    assert list(chosen.rows) == [0, 2]


class Scripted:
    """A learner whose probabilities are a function of what it was fitted on."""

    def __init__(self, n: int, stop_in: int | None = None) -> None:
        self.n, self.stop_in, self.state, self.fits = n, stop_in, 0, []

    def fit(self, number: int, rows: np.ndarray, targets: np.ndarray, split: Split) -> pd.DataFrame:
        if number == self.stop_in:
            raise KeyboardInterrupt
        self.fits.append((number, rows.copy(), targets.copy()))
        self.state = self.state * 31 + int(rows.sum()) + number
        return pd.DataFrame({"epoch": [1], "loss": [1 / 3 + number]})

    def predict(self) -> np.ndarray:
        raw = np.random.default_rng(self.state).random((self.n, 3)).astype(np.float32) ** 3
        return raw / raw.sum(axis=1, keepdims=True)

    def save(self, folder: Path) -> None:
        (folder / "state.txt").write_text(str(self.state))

    def restore(self, number: int, folder: Path) -> None:
        self.state = int((folder / "state.txt").read_text())


def run(learner: Scripted, folder: Path, key: str = "k", rounds: int = 4):
    clips, labels = table()
    m = member(rounds=rounds, selection={"lower": [0.5, 0.7]})
    split = split_clips(clips, labels, CLASSES, np.ones(len(clips), bool), m)
    return split, run_rounds(split, m, learner, Checkpoints(folder, key), say=lambda line: None)


def test_rounds_train_on_the_trusted_and_the_last_selection_alone(tmp_path: Path) -> None:
    learner = Scripted(30)
    split, state = run(learner, tmp_path / "c")
    trusted = np.flatnonzero(split.trusted)
    assert list(state.rounds["round"]) == [1, 2, 3, 4]
    assert list(state.rounds["lower"].round(6)) == [0.5, 0.566667, 0.633333, 0.7]
    for number, rows, targets in learner.fits:
        np.testing.assert_array_equal(rows[: len(trusted)], trusted)
        np.testing.assert_array_equal(targets[: len(trusted)], split.given[trusted])
        before = state.selections[state.selections["round"] == number - 1]
        np.testing.assert_array_equal(rows[len(trusted) :], before["row"])
        np.testing.assert_array_equal(targets[len(trusted) :], before["target"])
    assert (state.rounds["pseudo"].iloc[1:].to_numpy() == state.rounds["selected"].iloc[:-1].to_numpy()).all()


@pytest.mark.parametrize("stop_in", [1, 2, 3, 4])
def test_a_run_cut_off_in_any_round_ends_as_if_it_had_not_been(tmp_path: Path, stop_in: int) -> None:
    _, undisturbed = run(Scripted(30), tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(30, stop_in), tmp_path / "b")
    second = Scripted(30)
    _, resumed = run(second, tmp_path / "b")
    assert [number for number, _, _ in second.fits] == list(range(stop_in, 5))
    np.testing.assert_array_equal(resumed.probs, undisturbed.probs)
    for name in ("rounds", "history", "selections"):
        pd.testing.assert_frame_equal(
            getattr(resumed, name), getattr(undisturbed, name), check_dtype=False, check_exact=True
        )


def test_a_round_that_selects_nothing_is_recorded(tmp_path: Path) -> None:
    clips, labels = table()
    m = member(selection={"lower": [1.0, 1.0]})
    split = split_clips(clips, labels, CLASSES, np.ones(len(clips), bool), m)
    state = run_rounds(split, m, Scripted(30), Checkpoints(tmp_path / "c", "k"), say=lambda line: None)
    assert list(state.rounds["selected"]) == [0, 0, 0]
    assert list(state.rounds["pseudo"]) == [0, 0, 0]


def test_checkpoints_of_another_run_are_not_used(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(30, stop_in=3), tmp_path / "c", key="other")
    learner = Scripted(30)
    run(learner, tmp_path / "c", key="this")
    assert [number for number, _, _ in learner.fits] == [1, 2, 3, 4]
