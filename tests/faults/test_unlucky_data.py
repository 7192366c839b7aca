"""Numbers that are possible and unlucky: no confident answer may come of them."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ArtifactError
from pipeline.explorer.write import write_explorer
from pipeline.files import artifacts, formats
from pipeline.files.checkpoints import Checkpoints
from pipeline.members.roles import Split
from pipeline.members.selection import select
from pipeline.members.self_training import run_rounds
from pipeline.params.training import Member, Rounds
from pipeline.probs import metrics
from pipeline.probs.pooling import combine
from pipeline.reporting.report import write_report
from pipeline.results.submission import submission
from tests.faults.conftest import CLASSES, Project
from tests.reporting.conftest import make


def with_latents(project: Project, latents: np.ndarray) -> pd.DataFrame:
    """Spread over these latents; return the labels of the training clips that nobody verified."""
    formats.write_array(project.data / "latents" / "latents.npy", latents.astype(np.float32))
    project.passes("spread")
    labels = artifacts.read_labels(project.data / "labels")
    assert len(labels) == 12
    return labels[~labels["verified"]]


@pytest.mark.fault(36)
@pytest.mark.parametrize("promote", ["agree", "posterior"])
@pytest.mark.parametrize("whiten", [4, None])
@pytest.mark.parametrize("normalize", [True, False])
def test_identical_latents_promote_nothing(copied: Project, promote: str, whiten: int | None, normalize: bool):
    copied.params["labels"]["promote"] = promote
    copied.params["space"] = {"whiten": whiten, "unit_length": normalize}
    found = with_latents(copied, np.ones((12, 6)))
    assert not found["promoted"].any()
    assert (found["outcome"] == "left_out").all()
    assert found["abstained"].all()
    assert found["reason"].str.fullmatch("abstained: .*latent.*|no judge heard it").all()
    assert (found["target"] == "").all()


@pytest.mark.fault(36)
def test_latents_that_are_all_nan_are_refused(copied: Project):
    formats.write_array(copied.data / "latents" / "latents.npy", np.full((12, 6), np.nan, np.float32))
    for stage in ("spread", "project"):
        assert "latents: 0 of 12 rows are usable" in copied.refused(stage)


@pytest.mark.fault(36)
@pytest.mark.parametrize("promote", ["agree", "posterior"])
@pytest.mark.parametrize("odd", [np.nan, np.inf, 1e6, 1e38])
def test_one_odd_latent_abstains_and_the_others_go_on(copied: Project, promote: str, odd: float):
    copied.params["labels"]["promote"] = promote
    latents = np.random.default_rng(0).normal(size=(12, 6)) + 4 * np.eye(6)[np.arange(12) % 2]
    whole = with_latents(copied, latents)
    row = whole.index[0]
    latents[row] = odd
    found = with_latents(copied, latents)
    assert found.loc[row, "abstained"]
    assert not found.loc[row, "promoted"]
    assert found.loc[row, "reason"] in ("abstained: no usable latent", "no judge heard it")
    assert not found["abstained"].drop(row).any()
    if promote == "posterior":
        return
    copied.passes("project")
    for method in ("tsne", "umap"):
        table = formats.read_table(copied.data / "projection" / f"{method}.csv")
        assert list(table["x"] == "") == [i == row for i in range(12)]


def pool(n: int = 40, k: int = 4) -> Split:
    """Clips that are all in the pool but for four trusted ones."""
    rows, none = np.arange(n), np.full(n, -1)
    trusted = rows < k
    return Split(
        given=np.where(trusted, rows, none),
        target=np.where(trusted, rows, none),
        trusted=trusted,
        doubtful=np.zeros(n, bool),
        pool=~trusted,
        validation=np.zeros(n, bool),
        posterior=np.full((n, k), np.nan, np.float32),
        ruled_out=np.zeros((n, k), bool),
    )


class Sure:
    """A learner that answers the same class of every clip, with the same probability."""

    def __init__(self, split: Split, probability: float) -> None:
        n, k = split.posterior.shape
        self.probs = np.full((n, k), (1 - probability) / (k - 1), np.float32)
        self.probs[:, 2] = probability

    def fit(self, *_: object) -> pd.DataFrame:
        return pd.DataFrame({"epoch": [1], "loss": [1.0]})

    def predict(self) -> np.ndarray:
        return self.probs

    def save(self, folder: Path) -> None:
        pass

    def restore(self, number: int, folder: Path) -> None:
        pass


def member(lower: list[float], **rounds: object) -> Member:
    chosen = {"number": 3, "thresholds": {"lower": lower}, "select": "predicted", **rounds}
    given = {"network": {"name": "vgg"}, "patches": {"crop": {}}, "training": {}, "epochs": 1, "rounds": chosen}
    return Member.model_validate(given | {"train_on": "promoted"})


@pytest.mark.fault(37)
def test_a_round_that_selects_nothing_is_recorded(tmp_path: Path):
    split, lines = pool(), []
    chosen = member(lower=[0.6, 0.9])
    found = run_rounds(split, chosen, Sure(split, 0.5), Checkpoints(tmp_path / "one", "key"), say=lines.append)
    assert found.rounds["selected"].tolist() == [0, 0, 0]
    assert found.rounds["pool"].tolist() == [36, 36, 36]
    assert len(found.selections) == 0
    assert "selected 0 of 36 above 0.90" in lines[-1]


@pytest.mark.fault(37)
def test_a_round_that_selects_one_class_alone_holds_to_the_cap(tmp_path: Path):
    split = pool()
    chosen = member(lower=[0.3, 0.3], max_per_class=5)
    found = run_rounds(split, chosen, Sure(split, 0.9), Checkpoints(tmp_path / "one", "key"), say=lambda _: None)
    assert found.rounds["selected"].tolist() == [5, 5, 5]
    assert found.rounds["pseudo"].tolist() == [0, 5, 5]
    assert set(found.selections["target"]) == {2}


@pytest.mark.fault(37)
@pytest.mark.parametrize("rule", ["predicted", "agree", "agree_or_relabel", "soft"])
def test_clips_that_could_not_be_scored_are_never_selected(rule: str):
    split = pool()
    nothing = np.full(split.posterior.shape, np.nan, np.float32)
    rounds = Rounds.model_validate({"number": 3, "select": rule})
    assert len(select(nothing, split, rounds, 0.0).rows) == 0


@pytest.mark.fault(38)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_report_of_few_clips_says_what_it_left_out(tmp_path: Path, n: int):
    made = make(tmp_path / "run", n=n, n_classes=2, quarantined=0)
    (tmp_path / "reports").mkdir()
    found = write_report(tmp_path / "reports", made.read(), made.params)
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert found["clips"] == n
    drawn = {path.stem for path in (tmp_path / "reports" / "figures").iterdir()}
    assert set(re.findall(r'src="figures/(\w+)\.png"', page)) == drawn
    assert "tsne_family_family0" in drawn or "Left out: t-SNE before and after promotion" in page
    if n > 1:
        write_explorer(tmp_path / "reports" / "explorer", made.read(), made.params)


@pytest.mark.fault(2)
def test_a_test_clip_that_could_not_be_read_has_a_row_in_the_submission(tmp_path: Path):
    made = make(tmp_path / "run", n=24, quarantined=3)
    run = made.read()
    assert (~run.features.ok & ~run.train).any()
    found = submission(run)
    assert list(found["fname"]) == [Path(path).name for path in run.answers["path"][~run.train]]
    assert (found["label"].str.split().str.len() == 3).all()


def certain(column: int, n: int = 4, k: int = 3) -> np.ndarray:
    return np.tile(np.eye(k, dtype=np.float32)[column], (n, 1))


@pytest.mark.fault(39)
@pytest.mark.parametrize("method", ["geometric", "arithmetic", "weighted"])
def test_members_that_contradict_each_other_leave_it_open(method):
    """Not NaN, whose argmax would be the first class; nor the first class by default."""
    found = combine([certain(1), certain(2)], method=method, weights=[1, 1])
    np.testing.assert_allclose(found, np.tile([0, 0.5, 0.5], (4, 1)), atol=1e-4)


@pytest.mark.fault(39)
def test_a_clip_that_no_member_scored_has_no_answer_and_counts_for_no_class():
    one = certain(1)
    one[2] = np.nan
    found = combine([one, one], method="geometric")
    assert np.isnan(found[2]).all()
    assert metrics.accuracy(found, np.array([1, 1, 0, 1])) == 1
    assert metrics.confusion(found, np.array([1, 1, 0, 1])).sum() == 3


@pytest.mark.fault(39)
def test_a_member_that_is_nan_where_another_is_not_is_refused(copied: Project):
    path = copied.data / "members" / "two" / "probs.npy"
    probs = np.load(path)
    probs[3] = np.nan
    formats.write_array(path, probs)
    assert "member 1 has NaN in row 3 where others have probabilities" in copied.refused("ensemble")


@pytest.mark.fault(39)
@pytest.mark.parametrize("row", [[0, 0], [0.4, 0.4], [1.5, -0.5], [np.nan, 1], [np.inf, 0]])
def test_a_member_whose_row_is_no_distribution_is_refused(copied: Project, row: list[float]):
    path = copied.data / "members" / "two" / "probs.npy"
    probs = np.load(path)
    probs[3] = row
    formats.write_array(path, probs)
    assert "members/two/probs.npy: row 3 is not a distribution" in copied.refused("ensemble")


@pytest.mark.fault(39)
def test_a_member_with_its_classes_in_another_order_is_refused(copied: Project):
    formats.write_json(copied.data / "members" / "two" / "member.json", {"hold_out": 0, "classes": CLASSES[::-1]})
    words = copied.refused("ensemble")
    assert "members/two/member.json: made for the classes Meow, Bark, expected Bark, Meow in that order" in words


@pytest.mark.fault(39)
def test_members_of_other_clips_are_refused():
    with pytest.raises(ArtifactError, match="expected one shape"):
        combine([certain(1), certain(1, n=5)], method="geometric")
