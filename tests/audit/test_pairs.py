"""The same sound is found in whatever container, and nearly the same whatever was done to it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.audio import extraction
from pipeline.audit import pairs
from pipeline.files import problems
from pipeline.params.data import Features

SR = 16_000
FEATURES = Features.model_validate({"name": "mel", "sr": SR, "fmax": None})


def burst(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    envelope = np.repeat(random.uniform(0.05, 1, 16), SR // 16)
    return 0.3 * np.convolve(random.normal(size=SR), random.normal(size=9), "same") * envelope / 3


def found(paths: list[Path], least: float | None = pairs.LEAST) -> list[tuple[str, str, bool]]:
    results = [extraction._extract(path, FEATURES) for path in paths]
    index = pd.DataFrame(
        {
            "status": ["quarantined" if r.frames is None else "ok" for r in results],
            "flags": [problems.to_text(r.flags) for r in results],
            "sound": [r.sound for r in results],
        }
    )
    spectra = np.array([r.spectrum for r in results])
    table = pairs.find(index, spectra, paths, least=least, jobs=1)
    return [(paths[a].name, paths[b].name, same) for a, b, _, same in table.itertuples(index=False)]


@pytest.fixture
def sounds(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{seed:02d}.wav" for seed in range(12)]
    for seed, path in enumerate(made):
        soundfile.write(path, burst(seed), SR, subtype="PCM_16")
    return made


@pytest.mark.fault(51)
@pytest.mark.parametrize(("ending", "subtype"), [("flac", "PCM_16"), ("aiff", "PCM_16"), ("wav", "PCM_24")])
def test_the_same_sound_in_another_container_is_the_same(sounds: list[Path], ending: str, subtype: str) -> None:
    y, _ = soundfile.read(sounds[3], dtype="int16")
    copy = sounds[3].with_name(f"copy.{ending}")
    soundfile.write(copy, y, SR, subtype=subtype)
    assert found([*sounds, copy], least=None) == [("03.wav", copy.name, True)]


@pytest.mark.fault(51)
@pytest.mark.parametrize("kind", ["mp3", "ogg", "softer", "cut", "later", "noise"])
def test_nearly_the_same_is_found_and_nothing_else(sounds: list[Path], kind: str) -> None:
    y = burst(5)
    changed = {
        "softer": 0.25 * y,
        "cut": y[SR // 10 :],
        "later": np.concatenate([np.zeros(1234), y]),
        "noise": y + 0.1 * y.std() * np.random.default_rng(99).normal(size=SR),
    }.get(kind, y)
    copy = sounds[5].with_name("copy.mp3" if kind == "mp3" else "copy.ogg" if kind == "ogg" else "copy.wav")
    soundfile.write(copy, changed, SR)
    assert found([*sounds, copy]) == [("05.wav", copy.name, False)]
    assert found([*sounds, copy], least=None) == []


def test_silent_clips_are_not_the_same_sound(tmp_path: Path) -> None:
    made = [tmp_path / name for name in ("a.wav", "b.wav", "c.wav")]
    for path, level in zip(made, (0.0, 0.0, 0.5), strict=True):
        soundfile.write(path, np.full(SR, level), SR, subtype="PCM_16")
    assert found(made) == []


def test_a_clip_that_cannot_be_read_is_like_nothing(sounds: list[Path]) -> None:
    for path in sounds[:2]:
        path.write_bytes(b"no sound")
    assert found(sounds[:3]) == []


def test_three_of_a_kind_are_two_pairs(sounds: list[Path]) -> None:
    for path in sounds[1:3]:
        path.write_bytes(sounds[0].read_bytes())
    assert found(sounds, least=None) == [("00.wav", "01.wav", True), ("00.wav", "02.wav", True)]


def test_looking_for_pairs_loads_no_network() -> None:
    code = "import sys, pipeline.audit.auditing; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
