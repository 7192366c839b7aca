"""The rounds, without a network."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.checkpoints import Checkpoints
from pipeline.roles import Split
from pipeline.selection import Selected, lower_bound, select
from pipeline.selftraining import Rounds, run_rounds


class Scripted:
    """A learner whose probabilities are a function of what it was fitted on."""

    def __init__(self, n: int, stop_in: int | None = None) -> None:
        self.n, self.stop_in, self.state, self.fits, self.seen = n, stop_in, 0, [], []

    def fit(
        self, number: int, rows: np.ndarray, targets: np.ndarray, doubtful: np.ndarray, split: Split
    ) -> pd.DataFrame:
        if number == self.stop_in:
            raise KeyboardInterrupt
        self.fits.append((number, rows.copy(), targets.copy(), doubtful.copy()))
        self.state = self.state * 31 + int(rows.sum() + 1e4 * targets[:, 0].sum()) + number
        return pd.DataFrame({"epoch": [1], "loss": [1 / 3 + number]})

    def predict(self) -> np.ndarray:
        raw = np.random.default_rng(self.state).random((self.n, 3)).astype(np.float32) ** 3
        self.seen.append(raw / raw.sum(axis=1, keepdims=True))
        return self.seen[-1]

    def save(self, folder: Path) -> None:
        (folder / "state.txt").write_text(str(self.state))

    def restore(self, number: int, folder: Path) -> None:
        self.state = int((folder / "state.txt").read_text())


KINDS = [
    {},
    {"selection": {"lower": [0.5, 0.7], "rule": "soft"}},
    {"train_on": "posterior", "selection": {"lower": [0.5, 0.7]}},
    {"train_on": "posterior", "fold": None, "selection": {"lower": [0.4, 0.6], "rule": "soft", "max_per_class": 2}},
]


@pytest.fixture
def run(member, table):
    """Run four rounds; return the roles and what is left behind."""

    def go(learner: Scripted, folder: Path, key: str = "k", **changes: object) -> tuple[Split, Rounds]:
        changes = {"rounds": 4, "selection": {"lower": [0.5, 0.7]}} | changes
        split, said = table().split(**changes), []
        state = run_rounds(split, member(**changes), learner, Checkpoints(folder, key), say=said.append)
        assert ("no validation" in said[-1]) == (not split.validation.any())
        assert "nan" not in said[-1]
        return split, state

    return go


@pytest.mark.parametrize("changes", KINDS)
def test_rounds_train_on_the_trusted_the_last_selection_and_what_is_believed(
    tmp_path: Path, run, member, changes
) -> None:
    learner = Scripted(30)
    split, state = run(learner, tmp_path / "c", **changes)
    settings = member(**({"selection": {"lower": [0.5, 0.7]}} | changes)).selection
    trusted = np.flatnonzero(split.trusted)
    assert list(state.rounds["round"]) == [1, 2, 3, 4]
    assert len(set(state.selections["round"])) > 1
    last = Selected(np.empty(0, int), np.empty((0, 3)), np.empty(0))
    for number, rows, targets, doubtful in learner.fits:
        np.testing.assert_array_equal(rows[~doubtful], trusted)
        np.testing.assert_array_equal(targets[~doubtful], np.eye(3)[split.target[trusted]])
        assert len(np.unique(rows)) == len(rows)
        np.testing.assert_array_equal(np.sort(rows[doubtful]), np.union1d(last.rows, np.flatnonzero(split.doubtful)))
        of = dict(zip(rows[doubtful], targets[doubtful], strict=True))
        for row in of:
            chosen = np.flatnonzero(last.rows == row)
            expected = last.targets[chosen[0]] if chosen.size else split.posterior[row]
            np.testing.assert_array_equal(of[row], expected)
        last = select(learner.seen[number - 1], split, settings, lower_bound(settings, number, 4))
        table = state.selections[state.selections["round"] == number]
        np.testing.assert_array_equal(table["row"], last.rows)
        np.testing.assert_array_equal(table["target"], last.targets.argmax(axis=1))
        np.testing.assert_array_equal(table["probability"], last.probability)
        assert state.rounds["pseudo"].iloc[number - 1] == doubtful.sum()


def test_the_bounds_are_recorded(tmp_path: Path, run) -> None:
    _, state = run(Scripted(30), tmp_path / "c")
    assert list(state.rounds["lower"].round(6)) == [0.5, 0.566667, 0.633333, 0.7]
    assert (state.rounds["pseudo"].iloc[1:].to_numpy() == state.rounds["selected"].iloc[:-1].to_numpy()).all()


@pytest.mark.parametrize("changes", KINDS)
@pytest.mark.parametrize("stop_in", [1, 2, 4])
def test_a_run_cut_off_in_any_round_ends_as_if_it_had_not_been(tmp_path: Path, run, stop_in: int, changes) -> None:
    whole = Scripted(30)
    _, undisturbed = run(whole, tmp_path / "a", **changes)
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(30, stop_in), tmp_path / "b", **changes)
    second = Scripted(30)
    _, resumed = run(second, tmp_path / "b", **changes)
    assert [fit[0] for fit in second.fits] == list(range(stop_in, 5))
    for again, first in zip(second.fits, whole.fits[stop_in - 1 :], strict=True):
        for one, other in zip(again, first, strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(resumed.probs, undisturbed.probs)
    for name in ("rounds", "history", "selections"):
        pd.testing.assert_frame_equal(
            getattr(resumed, name), getattr(undisturbed, name), check_dtype=False, check_exact=True
        )


def test_a_round_that_selects_nothing_is_recorded(tmp_path: Path, run) -> None:
    _, state = run(Scripted(30), tmp_path / "c", rounds=3, selection={"lower": [1.0, 1.0]})
    assert list(state.rounds["selected"]) == [0, 0, 0]
    assert list(state.rounds["pseudo"]) == [0, 0, 0]


def test_without_a_fold_nothing_is_validated(tmp_path: Path, run) -> None:
    _, state = run(Scripted(30), tmp_path / "c", fold=None)
    assert state.rounds[["val_accuracy", "val_map"]].isna().all(axis=None)
    assert state.rounds["train_accuracy"].notna().all()


def test_checkpoints_of_another_run_are_not_used(tmp_path: Path, run) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(30, stop_in=3), tmp_path / "c", key="other")
    learner = Scripted(30)
    run(learner, tmp_path / "c", key="this")
    assert [fit[0] for fit in learner.fits] == [1, 2, 3, 4]
