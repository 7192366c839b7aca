"""A loss that is no longer a number ends the member; what was finished before is kept."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.files.checkpoints import Checkpoints
from pipeline.judges.network import cross_fitting
from pipeline.judges.roles import Roles
from pipeline.networks.learner import KerasLearner
from tests.faults.conftest import Project

pytestmark = pytest.mark.keras


@pytest.fixture
def training(copied: Project) -> Project:
    """A project whose member `one` trains in three short rounds."""
    copied.params["patches"] = {"crop": {"frames": 8, "test_crops": 1}}
    copied.params["self_train"]["epochs"] = 1
    return copied


def test_a_learning_rate_that_is_too_high_ends_the_member(training: Project) -> None:
    # At each step what decays is a hundred times the weights themselves.
    training.params["training"] |= {"learning_rate": 10, "weight_decay": 10}
    training.params["self_train"]["epochs"] = 40
    words = training.refused("self_train")
    assert "no longer a number" in words
    assert "a learning rate that is too high" in words


def test_the_rounds_before_are_kept_and_gone_on_from(training: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, fitted = KerasLearner.fit, []

    def breaks_in_the_third(learner: KerasLearner, number: int, *arguments: object) -> pd.DataFrame:
        fitted.append(number)
        if number == 3 and fitted.count(3) == 1:
            raise DataError("one, round 3 of 3: the loss is no longer a number")
        return fit(learner, number, *arguments)

    monkeypatch.setattr(KerasLearner, "fit", breaks_in_the_third)
    words = training.refused("self_train")
    assert f"is in {Path('data', 'checkpoints', 'one', 'round-0002')}: with the same settings" in words
    training.passes("self_train")
    assert fitted == [1, 2, 3, 3]


def test_the_judges_before_are_kept_and_gone_on_from(tmp_path: Path) -> None:
    given, fold = np.tile([0, 1], 6), np.repeat([0, 1, 2], 4)
    everyone = np.ones(12, bool)
    roles, asked = Roles(given=given, verified=everyone, train=everyone, fold=fold), []

    def breaks_in_the_second(lesson: cross_fitting.Lesson) -> cross_fitting.Answer:
        asked.append(lesson.name)
        if len(asked) == 2:
            raise DataError("no longer a number")
        return cross_fitting.Answer(np.full((len(lesson.at), 2), 0.5, np.float32), [])

    def judge() -> cross_fitting.Judged:
        return cross_fitting.judge(roles, 2, 1, breaks_in_the_second, Checkpoints(tmp_path, "k"), say=lambda line: None)

    with pytest.raises(DataError, match="round-0001: with the same settings"):
        judge()
    assert np.isfinite(judge().probs).all()
    assert asked == ["judge 1, fold 0", "judge 1, fold 1", "judge 1, fold 1", "judge 1, fold 2"]
