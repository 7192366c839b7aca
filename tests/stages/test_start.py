"""A member that goes on from the weights of a judge."""

import json

import numpy as np
import pytest

from pipeline.errors import ArtifactError, DataError
from pipeline.files import weights
from pipeline.files.checkpoints import Checkpoints
from stages import self_train

from .conftest import Project

pytestmark = pytest.mark.keras


@pytest.fixture
def started(judged: Project) -> Project:
    """Networks have judged, and the member is of their kind and goes on from that of fold 1."""
    judged.given["members"]["one"] = {"from_judge": 1}
    judged.given["network"]["depth"] = 1
    judged.given["self_train"] |= {"epochs": 1, "rounds": 1, "training": {"learning_rate": 1e-6, "augment": {}}}
    return judged


def member(project: Project, **changes: object) -> dict[str, bytes]:
    project.given["members"]["one"] |= changes
    self_train.work(project.params, project.at("self_train"))
    return {path.name: path.read_bytes() for path in sorted((project.root / "members" / "one").iterdir())}


def far(project: Project, fold: int) -> float:
    """How far the convolutions of the member lie from those of the judge of a fold."""
    from pipeline.members import saved

    network, _ = saved.load(project.root / "members" / "one")
    judged = weights.of(project.root / "judged" / "network" / weights.FILE, fold)
    pairs = zip(network.get_weights(), judged, strict=True)
    return max(float(np.abs(one - other).max()) for one, other in pairs if one.ndim == 4)


def test_it_begins_as_the_judge_of_its_fold_and_ends_the_same_each_time(started: Project) -> None:
    first = member(started)
    assert far(started, 1) < 1e-4 < 0.1 < far(started, 2)
    assert json.loads(first["member.json"])["from_judge"] == 1
    assert member(started) == first
    member(started, from_judge=None)
    assert far(started, 1) > 0.1


def test_what_was_begun_from_other_weights_is_not_gone_on_from(
    started: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = started.root / "judged" / "network" / weights.FILE
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "remove", lambda self: None)
        first = member(started)
    other = {fold: [array + 0.1 for array in arrays] for fold, arrays in weights.read(path).items()}
    weights.write(path, other)
    assert member(started)["probs.npy"] != first["probs.npy"]
    assert "not used, starting over" in caplog.text


def test_after_an_interruption_its_rounds_end_as_undisturbed_ones(
    started: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    thresholds = {"lower": [0.3, 0.3]}
    rounds = {"number": 2, "restart": True, "thresholds": thresholds, "select": "predicted"}
    whole = member(started, rounds=rounds)
    save = Checkpoints.save

    def cut(self: Checkpoints, number: int, write) -> None:
        save(self, number, write)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "save", cut)
        with pytest.raises(KeyboardInterrupt):
            member(started)
    assert member(started) == whole


@pytest.mark.parametrize("bad", ["missing", "no such fold", "another network"])
def test_where_it_cannot_begin_that_is_told_and_nothing_is_lost(started: Project, bad: str) -> None:
    path = started.root / "judged" / "network" / weights.FILE
    there = weights.read(path)
    if bad == "missing":
        path.unlink()
    elif bad == "no such fold":
        weights.write(path, {0: there[0]})
    else:
        weights.write(path, {fold: arrays[1:] for fold, arrays in there.items()})
    before = started.state()
    says = {
        "missing": r"judged/network/weights\.npz: missing; run `dvc repro`",
        "no such fold": r"judged/network/weights\.npz: no network of fold 1, there are: 0",
        "another network": r"one: the weights to go on from are of another network .* give both the same network",
    }
    with pytest.raises((ArtifactError, DataError), match=says[bad]):
        member(started)
    assert started.state() == before
