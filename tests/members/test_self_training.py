"""The rounds, without a network."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.files.checkpoints import Checkpoints
from pipeline.members.roles import Split
from pipeline.members.selection import Selected, lower_bound, select
from pipeline.members.self_training import RoundsSoFar, run_rounds
from pipeline.params.overlay import lay
from pipeline.params.training import Member


class Scripted:
    """A learner whose probabilities are a function of what it was fitted on."""

    def __init__(self, n: int, stop_in: int = 1000) -> None:
        self.n, self.stop_in, self.state, self.fits, self.seen = n, stop_in, 0, [], []
        self.held_out: list[tuple[np.ndarray, np.ndarray] | None] = []
        self.restored: list[int] = []

    def fit(
        self,
        number: int,
        rows: np.ndarray,
        targets: np.ndarray,
        doubtful: np.ndarray,
        held_out: tuple[np.ndarray, np.ndarray] | None,
    ) -> pd.DataFrame:
        if number == self.stop_in:
            raise KeyboardInterrupt
        self.fits.append((number, rows.copy(), targets.copy(), doubtful.copy()))
        self.held_out.append(held_out)
        self.state = self.state * 31 + int(rows.sum() + 1e4 * targets[:, 0].sum()) + number
        epochs = range(1, number + 1)
        return pd.DataFrame({"epoch": epochs, "loss": [1 / 3 + epoch for epoch in epochs]})

    def predict(self) -> np.ndarray:
        raw = np.random.default_rng(self.state).random((self.n, 3)).astype(np.float32) ** 3
        self.seen.append(raw / raw.sum(axis=1, keepdims=True))
        return self.seen[-1]

    def save(self, folder: Path) -> None:
        (folder / "state.txt").write_text(str(self.state))

    def restore(self, number: int, folder: Path) -> None:
        self.restored.append(number)
        self.state = int((folder / "state.txt").read_text())


class Steady(Scripted):
    """A learner that always says the same."""

    def __init__(self, probs: np.ndarray) -> None:
        super().__init__(len(probs))
        self.probs = probs

    def predict(self) -> np.ndarray:
        return self.probs


class Code:
    """What makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


KINDS = [
    {},
    {"rounds": {"select": "soft"}},
    {"train_on": "posterior"},
    {
        "train_on": "posterior",
        "hold_out": None,
        "rounds": {"thresholds": {"lower": [0.4, 0.6]}, "select": "soft", "max_per_class": 2},
    },
]
BASE = {"rounds": {"number": 4, "thresholds": {"lower": [0.5, 0.7]}}}


@pytest.fixture
def run(member, table):
    """Run four rounds; return the roles and what is left behind."""

    def go(learner: Scripted, folder: Path, key: str = "k", **changes: object) -> tuple[Split, RoundsSoFar]:
        changes = lay(BASE, changes, Member)
        made, split, said = member(**changes), table().split(**changes), []
        state = run_rounds(split, made, learner, Checkpoints(folder, key), say=said.append)
        rounds, done = made.rounds.number, learner.restored
        assert said == [f"going on after round {number} of {rounds}" for number in done] + [
            line(row, rounds) for row in state.rounds.iloc[sum(done) :].to_dict("records")
        ]
        return split, state

    return go


def line(row: dict[str, float], rounds: int) -> str:
    """What is said of a round."""
    score = row["val_accuracy"]
    scored = f"validation accuracy {score:.3f}" if score == score else "no validation"
    return (
        f"round {row['round']} of {rounds}: {row['trusted']} trusted + {row['pseudo']} pseudo-labels, {scored}, "
        f"selected {row['selected']} of {row['pool']} above {row['lower']:.2f}"
    )


@pytest.mark.parametrize("changes", KINDS)
def test_rounds_train_on_the_trusted_the_last_selection_and_what_is_believed(
    tmp_path: Path, run, member, changes
) -> None:
    learner = Scripted(30)
    split, state = run(learner, tmp_path / "c", **changes)
    settings = member(**lay(BASE, changes, Member)).rounds
    trusted = np.flatnonzero(split.trusted)
    assert list(state.rounds["round"]) == [1, 2, 3, 4]
    assert len(set(state.selections["round"])) > 1
    last = Selected(np.empty(0, int), np.empty((0, 3)), np.empty(0))
    for held_out in learner.held_out:
        assert (held_out is None) == (not split.validation.any())
        if held_out is None:
            continue
        np.testing.assert_array_equal(held_out[0], np.flatnonzero(split.validation))
        np.testing.assert_array_equal(held_out[1], np.eye(3)[split.given[split.validation]])
    assert (state.rounds["trusted"] == len(trusted)).all()
    assert (state.rounds["pool"] == split.pool.sum()).all()
    for number, rows, targets, doubtful in learner.fits:
        assert (targets.dtype, doubtful.dtype) == (np.float32, bool)
        np.testing.assert_array_equal(rows[~doubtful], trusted)
        np.testing.assert_array_equal(targets[~doubtful], np.eye(3)[split.target[trusted]])
        assert len(np.unique(rows)) == len(rows)
        np.testing.assert_array_equal(np.sort(rows[doubtful]), np.union1d(last.rows, np.flatnonzero(split.doubtful)))
        of = dict(zip(rows[doubtful], targets[doubtful], strict=True))
        for row in of:
            chosen = np.flatnonzero(last.rows == row)
            expected = last.targets[chosen[0]] if chosen.size else split.posterior[row]
            np.testing.assert_array_equal(of[row], expected)
        last = select(learner.seen[number - 1], split, settings, lower_bound(settings, number))
        table = state.selections[state.selections["round"] == number]
        np.testing.assert_array_equal(table["row"], last.rows)
        np.testing.assert_array_equal(table["target"], last.targets.argmax(axis=1))
        np.testing.assert_array_equal(table["probability"], last.probability)
        assert state.rounds["pseudo"].iloc[number - 1] == doubtful.sum()


def test_the_bounds_and_epochs_are_recorded(tmp_path: Path, run) -> None:
    _, state = run(Scripted(30), tmp_path / "c", rounds={"thresholds": {"upper": 0.95}})
    assert list(state.rounds["lower"].round(6)) == [0.5, 0.566667, 0.633333, 0.7]
    assert (state.rounds["upper"] == 0.95).all()
    assert list(state.rounds["epochs"]) == [1, 2, 3, 4]
    assert list(state.history["round"]) == [1, 2, 2, 3, 3, 3, 4, 4, 4, 4]
    assert list(state.history["epoch"]) == [1, 1, 2, 1, 2, 3, 1, 2, 3, 4]
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
    assert second.restored == ([stop_in - 1] if stop_in > 1 else [])
    for again, first in zip(second.fits, whole.fits[stop_in - 1 :], strict=True):
        for one, other in zip(again, first, strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(resumed.probs, undisturbed.probs)
    for name in ("rounds", "history", "selections"):
        pd.testing.assert_frame_equal(
            getattr(resumed, name), getattr(undisturbed, name), check_dtype=False, check_exact=True
        )


def test_a_round_that_selects_nothing_is_recorded(tmp_path: Path, run) -> None:
    _, state = run(Scripted(30), tmp_path / "c", rounds={"number": 3, "thresholds": {"lower": [1.0, 1.0]}})
    assert list(state.rounds["selected"]) == [0, 0, 0]
    assert list(state.rounds["pseudo"]) == [0, 0, 0]


TRAINED = [{"rounds": {"select": "predicted"}}, {"train_on": "posterior", "rounds": {"select": "soft"}}]


@pytest.mark.parametrize("trained", TRAINED, ids=["predicted", "soft"])
@pytest.mark.parametrize(
    ("edited", "others"),
    [
        # The second round trains on what the first bound lets in, the third on what the one halfway to the last does.
        ({"lower": [0.6, 0.7]}, {2, 3}),
        ({"lower": [0.5, 0.9]}, {3}),
        ({"lower": [0.5, 0.7], "upper": 0.75}, {2, 3}),
    ],
    ids=["lower first", "lower last", "upper"],
)
def test_thresholds_that_are_edited_change_what_later_rounds_train_on(
    tmp_path: Path, member, table, trained: dict, edited: dict, others: set[int]
) -> None:
    top = np.random.default_rng(0).uniform(0.4, 1, 120)
    probs = np.stack([top, (1 - top) / 2, (1 - top) / 2], axis=1).astype(np.float32)
    before, after = Steady(probs), Steady(probs)
    for name, learner, thresholds in (("a", before, {"lower": [0.5, 0.7]}), ("b", after, edited)):
        changes = lay(trained, {"rounds": {"number": 3, "thresholds": thresholds}}, Member)
        split = table(120).split(**changes)
        run_rounds(split, member(**changes), learner, Checkpoints(tmp_path / name, "k"), say=lambda _: None)
        assert [fit[0] for fit in learner.fits] == [1, 2, 3]
        if trained["rounds"]["select"] == "predicted":
            (first, last), upper = thresholds["lower"], thresholds.get("upper", 1.0)
            for (_, rows, _, doubtful), lower in zip(learner.fits[1:], (first, (first + last) / 2), strict=True):
                inside = split.pool & (probs[:, 0] >= lower) & (probs[:, 0] <= upper)
                np.testing.assert_array_equal(rows[doubtful], np.flatnonzero(inside))
    changed = {
        number
        for (number, *one), (_, *other) in zip(before.fits, after.fits, strict=True)
        if not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    }
    assert changed == others


@pytest.mark.parametrize("train_on", ["promoted", "posterior"])
def test_with_one_round_nothing_that_is_selected_is_trained_on(tmp_path: Path, run, train_on: str) -> None:
    learner = Scripted(30)
    split, state = run(learner, tmp_path / "c", rounds=1, train_on=train_on)
    ((number, rows, targets, doubtful),) = learner.fits
    believed = np.flatnonzero(split.doubtful)
    assert number == 1
    assert (len(believed) > 0) == (train_on == "posterior")
    np.testing.assert_array_equal(rows[~doubtful], np.flatnonzero(split.trusted))
    np.testing.assert_array_equal(rows[doubtful], believed)
    np.testing.assert_array_equal(targets[doubtful], split.posterior[believed])
    # What the round selects is recorded all the same.
    assert state.rounds["selected"].tolist() == [len(state.selections)]
    assert len(state.selections) > 0


def test_without_a_fold_nothing_is_validated(tmp_path: Path, run) -> None:
    _, state = run(Scripted(30), tmp_path / "c", hold_out=None)
    assert state.rounds["val_accuracy"].isna().all()
    assert state.rounds["train_accuracy"].notna().all()


def test_a_round_is_scored_on_the_clips_that_validate_and_on_the_trusted_ones(tmp_path: Path, member) -> None:
    n, none = 6, np.zeros(6, bool)
    given = np.array([0, 1, 2, 3, 4, 0])
    split = Split(
        given=given,
        target=np.where(np.arange(n) == 5, given, -1),
        trusted=np.arange(n) == 5,
        doubtful=none,
        pool=none,
        validation=np.arange(n) < 5,
        posterior=np.full((n, 5), np.nan, np.float32),
        ruled_out=np.zeros((n, 5), bool),
    )
    learner = Steady(np.tile(np.array([0.4, 0.3, 0.2, 0.07, 0.03], np.float32), (n, 1)))
    checkpoints = Checkpoints(tmp_path / "c", "k")
    row = run_rounds(split, member(rounds=1), learner, checkpoints, say=lambda _: None).rounds.iloc[0]
    assert row["val_accuracy"] == pytest.approx(1 / 5)
    assert row["train_accuracy"] == 1


def test_a_checkpoint_cannot_carry_code(tmp_path: Path, run) -> None:
    made = tmp_path / "made by the checkpoint"

    def write(folder: Path) -> None:
        np.save(folder / "probs.npy", np.array([Code(made)], object), allow_pickle=True)
        (folder / "state.txt").write_text("0")
        for name in ("rounds", "history", "selections"):
            (folder / f"{name}.csv").write_text("round\n1\n")

    Checkpoints(tmp_path / "c", "k").save(1, write)
    with pytest.raises(ValueError, match="allow_pickle"):
        run(Scripted(30), tmp_path / "c")
    assert not made.exists()


def test_checkpoints_of_another_run_are_not_used(tmp_path: Path, run) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(30, stop_in=3), tmp_path / "c", key="other")
    learner = Scripted(30)
    run(learner, tmp_path / "c", key="this")
    assert [fit[0] for fit in learner.fits] == [1, 2, 3, 4]
