"""The demo is what its docstring says: half-trusted, varied, in FSDKaggle2018's layout."""

import numpy as np
import pytest
import soundfile

from pipeline.errors import DataError
from pipeline.plugins.datasets import demo, freesound2018

CLASSES = sorted(demo.FAMILIES["pitched"] + demo.FAMILIES["noises"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    raw = tmp_path_factory.mktemp("raw")
    return raw, demo.load(raw, raw, seed=5, clips=96)


@pytest.fixture(scope="module")
def plan():
    return demo._mislabel(demo._plan(720, 5), 5)


def test_shares_are_those_documented(plan):
    train = plan[plan["split"] == "train"]
    pool = train[~train["verified"]]
    assert (plan["split"] == "test").mean() == pytest.approx(0.25, abs=0.01)
    assert train["verified"].mean() == pytest.approx(0.4, abs=0.01)
    assert (pool["label"] != pool["truth"]).mean() == pytest.approx(0.3, abs=0.005)


def test_verified_and_test_labels_are_true(plan):
    sure = plan[plan["verified"] | (plan["split"] == "test")]
    assert (sure["label"] == sure["truth"]).all()
    assert plan.loc[plan["split"] == "test", "verified"].all()


def test_wrong_labels_are_mostly_of_the_family_and_some_out_of_vocabulary(plan):
    wrong = plan[plan["label"] != plan["truth"]]
    outside = ~wrong["truth"].isin(CLASSES)
    known = wrong[~outside]
    same = [demo._FAMILY[a] == demo._FAMILY[b] for a, b in zip(known["label"], known["truth"], strict=True)]
    assert outside.mean() == pytest.approx(0.2, abs=0.02)
    assert 0.65 < np.mean(same) < 0.95
    assert plan["label"].isin(CLASSES).all()


def test_two_families_of_six():
    assert {family: len(members) for family, members in demo.GROUPINGS["two"].items()} == {"pitched": 6, "noises": 6}


def test_some_recordings_gave_several_clips(plan):
    sizes = plan["group"].value_counts()
    assert sizes.max() == 3
    assert 0.1 < (sizes > 1).mean() < 0.35


def test_clips_are_16_bit_mono_of_half_to_four_seconds(made):
    _, table = made
    lengths = []
    for source in table["source"]:
        info = soundfile.info(source)
        assert (info.samplerate, info.channels, info.subtype) == (22_050, 1, "PCM_16")
        lengths.append(info.duration)
        waveform, _ = soundfile.read(source)
        assert np.abs(waveform).max() > 1e-3
    assert min(lengths) >= 0.5
    assert max(lengths) <= 4.0
    assert max(lengths) > 2 * min(lengths)


def test_the_layout_is_fsdkaggle2018s(made):
    raw, table = made
    read = freesound2018.load(raw, raw, seed=0).sort_values("clip_id", ignore_index=True)
    for column in ("clip_id", "path", "label", "verified", "split", "group"):
        assert list(read[column]) == list(table[column])
    assert not [path for path in (raw / "meta").iterdir() if "truth" in path.read_text(encoding="utf-8")]


def test_another_seed_makes_other_clips(made, tmp_path):
    _, table = made
    assert not set(table["clip_id"]) & set(demo._plan(96, 6)["clip_id"])


def test_too_few_clips_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"dataset\.clips: found 12, expected at least 48"):
        demo.load(tmp_path, tmp_path, seed=0, clips=12)
