"""The stage `judge`: what it writes, what it must not hear, and that nobody is asked where nobody is to be."""

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.files import artifacts, formats
from pipeline.files.checkpoints import Checkpoints
from stages.judge import work

from .conftest import Project, ask_both

pytestmark = pytest.mark.keras


def written(project: Project) -> dict[str, bytes]:
    ask_both(project)
    return found(project)


def found(project: Project) -> dict[str, bytes]:
    folders = (project.root / "judged" / name for name in ("network", "linear"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for folder in folders for path in folder.iterdir()}


def test_every_training_clip_is_judged_by_both_and_a_second_run_writes_the_same_bytes(judged: Project) -> None:
    first = found(judged)
    files = ("judges.csv", "neighbours.npy", "probs.npy", "weights.npz")
    assert set(first) == {f"{name}/{file}" for name in ("network", "linear") for file in files}
    clips = artifacts.read_clips(judged.root / "clips")
    train = (clips["split"] == "train").to_numpy()
    for name in ("network", "linear"):
        probs = np.load(judged.root / "judged" / name / "probs.npy")
        assert probs.shape == (len(clips), 3)
        np.testing.assert_allclose(probs[train].sum(axis=1), 1, rtol=1e-4)
        assert np.isnan(probs[~train]).all()
    table = formats.read_table(judged.root / "judged" / "network" / "judges.csv")
    assert table["round"].tolist() == ["1"] * 3 + ["2"] * 3
    assert table["fold"].tolist() == ["0", "1", "2"] * 2
    near = artifacts.read_neighbours(judged.root / "judged" / "network" / "neighbours.npy", len(clips))
    source = clips["group"].to_numpy()
    for row in range(len(clips)):
        company = near[row][near[row] >= 0]
        assert train[company].all()
        assert not (source[company] == source[row]).any()
        assert (len(company) > 0) == train[row]
    assert not (judged.root / "checkpoints" / "judge-network").exists()
    assert written(judged) == first


def test_truth_and_unverified_labels_of_a_fold_never_reach_its_judges(judged: Project) -> None:
    first = found(judged)
    before = np.load(judged.root / "judged" / "linear" / "probs.npy")
    clips, classes = artifacts.read_answers(judged.root / "clips"), artifacts.read_classes(judged.root / "clips")
    artifacts.write_clips(judged.root / "clips", clips.assign(truth="Bark"), classes)
    assert written(judged) == first
    fold = (clips["fold"] == 1).to_numpy()
    poisoned = clips["label"].mask(fold & ~clips["verified"], "NA")
    assert (poisoned != clips["label"]).any()
    artifacts.write_clips(judged.root / "clips", clips.assign(label=poisoned), classes)
    again = written(judged)
    assert again["network/probs.npy"] == first["network/probs.npy"]
    assert again["network/weights.npz"] == first["network/weights.npz"]
    assert again["network/neighbours.npy"] == first["network/neighbours.npy"]
    np.testing.assert_array_equal(np.load(judged.root / "judged" / "linear" / "probs.npy")[fold], before[fold])


@pytest.mark.parametrize("done", [2, 3, 4])
def test_it_goes_on_after_the_last_network_that_was_finished(
    done: int, judged: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = found(judged)
    capsys.readouterr()
    save = Checkpoints.save

    def cut(self: Checkpoints, number: int, write) -> None:
        save(self, number, write)
        if number == done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "save", cut)
        with pytest.raises(KeyboardInterrupt):
            written(judged)
    capsys.readouterr()
    assert written(judged) == first
    assert capsys.readouterr().out.count("judge: round") == 6 - done


def test_a_judge_that_is_null_is_not_asked_and_nothing_is_trained(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.judges.network.cross_fitting.judge", None)
    written(project)
    said = capsys.readouterr().out.splitlines()
    assert said == ["judges.network is null: not asked", "judges.linear is null: not asked"]
    for name in ("network", "linear"):
        assert np.isnan(np.load(project.root / "judged" / name / "probs.npy")).all()


def test_a_class_that_nobody_verified_is_named_and_nothing_is_lost(asked: Project) -> None:
    clips, classes = artifacts.read_answers(asked.root / "clips"), artifacts.read_classes(asked.root / "clips")
    unverified = clips["verified"] & (clips["label"] != "Meow")
    artifacts.write_clips(asked.root / "clips", clips.assign(verified=unverified), classes)
    before = asked.state()
    with pytest.raises(DataError, match=r"no verified clip of Meow.*verify some"):
        work(asked.params, asked.at("judge"))
    assert asked.state() == before
