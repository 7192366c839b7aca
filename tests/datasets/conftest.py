"""A small specimen of every data set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def sound(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(80), 8000, subtype="PCM_16")


def rows(path: Path, header: str, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def make_csv(root: Path) -> dict[str, Any]:
    lines = []
    for i in range(24):
        sound(root / f"deep/{i}.wav")
        lines.append(f"deep/{i}.wav,{'NA' if i % 2 else 'Bark'},{int(i % 3 == 0)},speaker{i // 3}")
    rows(root / "clips.csv", "path,label,verified,group", *lines)
    return {"test_fraction": 0.25}


def make_esc50(root: Path) -> dict[str, Any]:
    lines = []
    for fold in range(1, 6):
        for target, name in enumerate(["dog", "rain"]):
            for take in "AB":
                file = f"{fold}-{fold}{target}-{take}-{target}"
                sound(root / "audio" / f"{file}.wav")
                lines.append(f"{file}.ogg,{fold},{target},{name},{target == 0},{fold}{target},{take}")
    rows(root / "meta/esc50.csv", "filename,fold,target,category,esc10,src_file,take", *lines)
    return {"test_fold": 2}


def make_freesound2018(root: Path) -> dict[str, Any]:
    train, test = [], []
    for i in range(12):
        sound(root / f"FSDKaggle2018.audio_train/{i:08x}.wav")
        train.append(f"{i:08x}.wav,{'Bark' if i % 2 else 'Hi-hat'},{int(i < 6)},{1000 + i},Attribution")
    for i in range(100, 104):
        sound(root / f"FSDKaggle2018.audio_test/{i:08x}.wav")
        test.append(f"{i:08x}.wav,{'Bark' if i % 2 else 'Hi-hat'},Public,{1000 + i},Attribution")
    meta = root / "FSDKaggle2018.meta"
    rows(meta / "train_post_competition.csv", "fname,label,manually_verified,freesound_id,license", *train)
    rows(meta / "test_post_competition_scoring_clips.csv", "fname,label,usage,freesound_id,license", *test)
    return {}


def make_demo(root: Path) -> dict[str, Any]:
    return {"clips": 96}


def make_fsdd(root: Path) -> dict[str, Any]:
    for digit in range(10):
        for speaker in ("ada", "bob", "cyd", "dan"):
            for take in range(2):
                sound(root / "recordings" / f"{digit}_{speaker}_{take}.wav")
    return {"test_takes": 1}


MAKERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "csv": make_csv,
    "demo": make_demo,
    "esc50": make_esc50,
    "freesound2018": make_freesound2018,
    "fsdd": make_fsdd,
}


@pytest.fixture(scope="session")
def makers() -> dict[str, Callable[[Path], dict[str, Any]]]:
    """By name of the data set: a function that fills a root folder and returns the settings to load it with."""
    return MAKERS


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project; where it is missing the test is skipped."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the real data in {SHARED}")
    return SHARED
