"""What a bench is given: labels that were all true, noise on them, and frames that are extracted once."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.common import datasets
from pipeline.audio import extraction
from pipeline.params.schema import Params
from pipeline.presets import catalogue

RATES = (0.1, 0.2, 0.3, 0.4)


@pytest.fixture(scope="module")
def few() -> Params:
    params = catalogue.params("demo")
    dataset = params.dataset.model_copy(update={"clips": 150})
    compute = params.compute.model_copy(update={"jobs": 1})
    return params.model_copy(update={"dataset": dataset, "compute": compute})


@pytest.fixture(scope="module")
def demo(few: Params, tmp_path_factory: pytest.TempPathFactory) -> datasets.Clean:
    return datasets.clean(few, None, 3, tmp_path_factory.mktemp("store"))


def esc10() -> Params:
    params = catalogue.params("esc10")
    return params.model_copy(update={"compute": params.compute.model_copy(update={"jobs": 1})})


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Frames of nothing in place of real ones; the list of what was decoded."""
    decoded: list[Path] = []

    def extract_each(paths, features, *, jobs):
        for path in paths:
            decoded.append(Path(path))
            assert Path(path).is_file()
            frames = np.full((3, 64), len(decoded), np.float16)
            yield extraction.Extracted(frames, seconds=1.0, offset=0.0, reason="", sha256="0" * 64)

    monkeypatch.setattr(extraction, "extract_each", extract_each)
    return decoded


def test_all_labels_of_a_clean_data_set_are_true_and_of_a_class(demo):
    assert (demo.table["label"] == demo.table["truth"]).all()
    assert demo.table["verified"].all()
    assert set(demo.table["label"]) == set(demo.classes)
    assert len(demo.classes) == 12
    # of the 150, those of no class are gone, and their frames with them
    assert 120 < len(demo.table) < 150
    assert list(demo.features.index["clip_id"]) == list(demo.table["clip_id"])
    assert len(demo.features.frames) == demo.features.index["n_frames"].sum()


def test_clips_that_join_the_demos_tests_leave_what_trains_as_it_was(demo, few, tmp_path):
    more = datasets.clean(few, None, 3, tmp_path, more_tests=60)
    noisy = [datasets.noisy(data, "within_family", 0.3, seed=3) for data in (demo, more)]
    train = [data.clips[data.train].reset_index(drop=True) for data in noisy]
    pd.testing.assert_frame_equal(*train)
    assert [int(data.test.sum()) for data in noisy] == [
        len(demo.table) - len(train[0]),
        len(more.table) - len(train[0]),
    ]
    assert 40 < len(more.table) - len(demo.table) <= 60
    rows = [np.flatnonzero(data.train) for data in noisy]
    for one, other in zip(*rows, strict=True):
        np.testing.assert_array_equal(noisy[0].features.clip(one), noisy[1].features.clip(other))


def test_official_folds_are_the_test_splits_and_share_one_extraction(shared, tmp_path, quick):
    first = datasets.clean(esc10(), shared / "esc10", 0, tmp_path)
    assert len(quick) == len(first.table) == 400
    for seed in (1, 7):
        again = datasets.clean(esc10(), shared / "esc10", seed, tmp_path)
        test = again.table["split"] == "test"
        assert set(again.table.loc[test, "clip_id"].str.split("-").str[0]) == {str(1 + seed % 5)}
        assert again.params.seed == seed
        np.testing.assert_array_equal(again.features.frames, first.features.frames)
    assert len(quick) == 400


def test_other_settings_are_other_frames(shared, tmp_path, quick):
    params = esc10()
    datasets.clean(params, shared / "esc10", 0, tmp_path)
    other = params.model_copy(update={"features": params.features.model_copy(update={"trim_db": 30.0})})
    datasets.clean(other, shared / "esc10", 0, tmp_path)
    assert len(quick) == 800


@pytest.mark.parametrize("kind", ["symmetric", "within_family", "open_set"])
def test_every_part_speaks_of_the_same_clips(demo, kind):
    data = datasets.noisy(demo, kind, 0.3, seed=5)
    n = len(data.clips)
    assert list(data.clips["clip_id"]) == list(data.answers["clip_id"]) == list(data.features.index["clip_id"])
    assert "truth" not in data.clips
    names = np.array([*data.classes, "nothing"])
    train = (data.clips["split"] == "train").to_numpy()
    assert (names[data.given[train]] == data.clips.loc[train, "label"]).all()
    assert (data.given[~train] == -1).all()
    assert (data.train | data.test).all()
    assert not (data.train & data.test).any()
    known = data.truth >= 0
    assert (names[data.truth[known]] == data.answers.loc[known, "truth"]).all()
    assert not data.answers.loc[~known, "truth"].isin(data.classes).any()
    assert (data.test_target[data.test] == data.truth[data.test]).all()
    assert (data.test_target[~data.test] == -1).all()
    assert (data.given == data.truth)[data.verified].all()
    assert set(data.given[data.verified]) == set(range(len(data.classes)))
    assert abs((data.given != data.truth)[data.unverified].mean() - 0.3) < 0.05
    # each clip still has its own frames
    whole = {name: row for row, name in enumerate(demo.features.index["clip_id"])}
    for row in (0, n // 2, n - 1):
        before = demo.features.clip(whole[data.clips["clip_id"].iloc[row]])
        np.testing.assert_array_equal(data.features.clip(row), before)


def test_families_are_of_the_classes_that_are_left(demo):
    data = datasets.noisy(demo, "open_set", 0.3, seed=5)
    assert len(data.classes) < 12
    assert (data.truth[data.unverified] == -1).any()
    assert sorted(name for members in data.families.values() for name in members) == data.classes
    numbers = {name: i for i, family in enumerate(data.families) for name in data.families[family]}
    assert [numbers[name] for name in data.classes] == data.family_of.tolist()


def test_a_grouping_may_be_written_out(demo):
    halves = {"first": demo.classes[:6], "second": demo.classes[6:]}
    for kind in ("within_family", "open_set"):
        data = datasets.noisy(demo, kind, 0.2, seed=1, grouping=halves)
        assert set(data.families) == {"first", "second"}


@pytest.mark.parametrize("kind", ["symmetric", "within_family"])
def test_rates_of_one_seed_share_the_verified_clips_and_the_wrong_ones(demo, kind):
    found = [datasets.noisy(demo, kind, rate, seed=2) for rate in RATES]
    for lower, higher in pairwise(found):
        assert (lower.verified == higher.verified).all()
        wrong = lower.given != lower.truth
        assert (lower.given[wrong & lower.train] == higher.given[wrong & lower.train]).all()
    others = datasets.noisy(demo, kind, 0.3, seed=3)
    assert (others.verified != found[2].verified).any()


def test_open_set_withdraws_more_classes_the_higher_the_rate(demo):
    low, high = (datasets.noisy(demo, "open_set", rate, seed=2) for rate in (0.1, 0.4))
    assert set(high.classes) < set(low.classes)
    verified = [set(data.clips.loc[data.verified, "clip_id"]) for data in (low, high)]
    assert verified[0] != verified[1]


def test_the_same_seed_is_the_same_data(demo):
    one, two = (datasets.noisy(demo, "within_family", 0.3, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.clips, two.clips)
    np.testing.assert_array_equal(one.features.frames, two.features.frames)
