"""`demo`: twelve kinds of synthesised sound with half-trusted labels, made on the spot, the same for the same seed.

Six pitched instruments and six noises and impacts, in the layout and with the columns of FSDKaggle2018 (Fonseca et
al. 2018, "General-purpose tagging of Freesound audio with AudioSet labels: task description, dataset, and
baseline", DCASE). A quarter of the clips is the test split, verified throughout; of the others 40% are verified,
and of the unverified 30% carry a wrong label: mostly one of the same family, and every fifth is of a kind that is
no class at all. `truth` says what each clip is. Some recordings gave two or three clips; they share a `group`.

Citation: none. Licence: what it makes is in the public domain (CC0 1.0).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from scipy.signal import butter, fftconvolve, sosfilt
from tqdm import tqdm

from pipeline.errors import DataError
from pipeline.plugins.datasets import _synth_noises, _synth_pitched
from pipeline.plugins.datasets._synth_pitched import SR, Random, log_uniform, seconds
from pipeline.seeding import derive, rng
from pipeline.settings import PositiveInt

FAMILIES = {"pitched": sorted(_synth_pitched.SOUNDS), "noises": sorted(_synth_noises.SOUNDS)}
GROUPINGS: dict[str, dict[str, list[str]]] = {"two": FAMILIES}
_SOUNDS = _synth_pitched.SOUNDS | _synth_noises.SOUNDS | _synth_pitched.OTHERS | _synth_noises.OTHERS
_OTHERS = {"pitched": sorted(_synth_pitched.OTHERS), "noises": sorted(_synth_noises.OTHERS)}
_FAMILY = {name: family for family, members in FAMILIES.items() for name in members}

_LEAST = 48
_TEST, _VERIFIED, _WRONG, _OUTSIDE, _WITHIN = 0.25, 0.4, 0.3, 0.2, 0.8
_SNR = (10.0, 45.0)  # dB; with the rooms and microphones, what makes the set hard


def load(root: Path, raw: Path, *, seed: int, clips: PositiveInt = 720) -> pd.DataFrame:
    """Synthesise `clips` clips of 0.5 to 4 s into `raw` (16-bit WAV, 22,050 Hz, mono) and return their table.

    The same seed and number give the same files.

    Args:
        root: not read.
        raw: written to.
        seed: of the sounds and of what is wrong.
        clips: how many to synthesise.

    Raises:
        DataError: fewer clips than twelve classes, their splits and their folds need.
    """
    if clips < _LEAST:
        raise DataError(f"dataset.clips: found {clips}, expected at least {_LEAST}, so that each class has a few")
    table = _mislabel(_plan(clips, seed), seed)
    for folder in ("audio_train", "audio_test", "meta"):
        (raw / folder).mkdir(parents=True, exist_ok=True)
    rows = zip(table["clip_id"], table["path"], table["truth"], table["group"], strict=True)
    for clip_id, path, kind, group in tqdm(rows, desc="synthesising", total=clips, unit="clip", disable=None):
        waveform = _clip(kind, rng(seed, "demo", "recording", group), rng(seed, "demo", "clip", clip_id))
        soundfile.write(raw / path, waveform, SR, subtype="PCM_16")
    _write_meta(table, raw / "meta")
    table["source"] = [str((raw / path).absolute()) for path in table["path"]]
    return table


def _plan(clips: int, seed: int) -> pd.DataFrame:
    """Say of each clip what it is, its split, whether it is verified and from which recording it comes."""
    random = rng(seed, "demo", "plan")
    names = sorted(_FAMILY)
    weights = random.permutation(np.linspace(0.75, 1.25, len(names)))
    ends = np.rint(np.cumsum(weights) / weights.sum() * clips).astype(int)
    rows = []
    for name, count in zip(names, np.diff(ends, prepend=0), strict=True):
        n_test = round(_TEST * count)
        for split, n in (("test", n_test), ("train", count - n_test)):
            trusted = random.permutation(n) < (n if split == "test" else max(2, round(_VERIFIED * n)))
            owners = _recordings(random, n)
            rows += [(name, split, bool(v), f"{name}-{split}-{o}") for v, o in zip(trusted, owners, strict=True)]
    table = pd.DataFrame(rows, columns=["truth", "split", "verified", "recording"])
    table["group"] = [str(derive(seed, "demo", "group", name)) for name in table["recording"]]
    ids = [f"{derive(seed, 'demo', 'name', i):08x}" for i in range(clips)]
    table["clip_id"] = ids
    table["path"] = [f"audio_{split}/{name}.wav" for split, name in zip(table["split"], ids, strict=True)]
    return table.drop(columns="recording").sort_values("clip_id", ignore_index=True)


def _recordings(random: Random, n: int) -> np.ndarray:
    """Deal `n` clips to recordings of one, two or three; int (n,)."""
    sizes = random.choice([1, 2, 3], size=n, p=[0.8, 0.14, 0.06])
    return np.repeat(np.arange(n), sizes)[:n]


def _mislabel(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give wrong labels to some unverified clips, and make some of those clips of a kind that is no class."""
    random = rng(seed, "demo", "labels")
    labels, truths = list(table["truth"]), list(table["truth"])
    pool = [int(i) for i in random.permutation(np.flatnonzero(~table["verified"]))]
    n_wrong = round(_WRONG * len(pool))
    alone = ~table["group"].duplicated(keep=False)
    outside = [i for i in pool if alone[i]][: round(_OUTSIDE * n_wrong)]
    for i in outside:
        truths[i] = str(random.choice(_OTHERS[_FAMILY[labels[i]]]))
    for i in [i for i in pool if i not in outside][: n_wrong - len(outside)]:
        within = random.random() < _WITHIN
        own = _FAMILY[truths[i]]
        others = [c for c, family in _FAMILY.items() if c != truths[i] and (family == own) == within]
        labels[i] = str(random.choice(others))
    return table.assign(label=labels, truth=truths)


def _clip(kind: str, recording: Random, take: Random) -> np.ndarray:
    """One take of a recording: float64 (n,) within [-1, 1], 0.5 to 4 s at `SR`.

    What is drawn from `recording` is common to its takes: the sound, the room, the microphone.
    """
    sound = _normal(_SOUNDS[kind](recording, int(log_uniform(recording, 0.6, 3.9) * SR)))
    sound = _microphone(_room(sound, recording), recording)
    cut = int(take.uniform(0, 0.15) * len(sound))
    sound = sound[cut // 2 : len(sound) - (cut - cut // 2)]
    noise = _normal(_background(take, len(sound)))
    noisy = _normal(sound) + noise * 10 ** (-take.uniform(*_SNR) / 20)
    level = 10 ** (take.uniform(-30, -3) / 20) / np.abs(noisy).max()
    if take.random() < 0.12:
        level *= 10 ** (take.uniform(30, 45) / 20)
    noisy = np.clip(noisy * level, -1, 1)
    if take.random() < 0.3:
        ends = (take.uniform(0, 0.4, 2) * SR).astype(int)
        noisy = np.pad(noisy, tuple(ends)) + take.normal(0, 1e-4, len(noisy) + ends.sum())
    shortest, longest = SR // 2, 4 * SR
    return np.pad(noisy, (0, max(0, shortest - len(noisy))))[:longest]


def _normal(x: np.ndarray) -> np.ndarray:
    return x / (np.sqrt(np.mean(x**2)) + 1e-9)


def _room(x: np.ndarray, random: Random) -> np.ndarray:
    """Convolve with noise that decays by 60 dB in 0.1 to 1.2 s, at a wet level that may be nought."""
    rt60, wet = log_uniform(random, 0.1, 1.2), max(0.0, random.uniform(-0.4, 0.5))
    n = int(rt60 * SR)
    impulse = random.normal(size=n) * 10 ** (-3 * seconds(n) / rt60)
    impulse *= wet / np.sqrt(np.sum(impulse**2))
    impulse[0] += 1
    return fftconvolve(x, impulse)[: len(x)]


def _microphone(x: np.ndarray, random: Random) -> np.ndarray:
    """Band-limit: anything from a telephone to a studio."""
    low, high = log_uniform(random, 20, 120), log_uniform(random, 4000, 10_500)
    return sosfilt(butter(1, [low, high], "bandpass", fs=SR, output="sos"), x)


def _background(random: Random, n: int) -> np.ndarray:
    """Hiss, rumble, hum, a murmur, or another sound of the demo."""
    kind = random.choice(4, p=[0.3, 0.35, 0.2, 0.15])
    white = random.normal(size=n)
    if kind == 0:
        return white
    if kind == 1:
        return _synth_noises.band(white, 30, log_uniform(random, 200, 2000))
    if kind == 2:
        hum = sum(random.uniform(0, 1) * np.sin(2 * np.pi * 50 * k * seconds(n)) for k in (1, 2, 3, 5))
        return hum + 0.3 * white
    return _SOUNDS[str(random.choice(sorted(_SOUNDS)))](random, n) + 0.01 * white


def _write_meta(table: pd.DataFrame, folder: Path) -> None:
    """Write the given labels as FSDKaggle2018 lists them; the truth is not among them."""
    columns = {
        "fname": table["clip_id"] + ".wav",
        "label": table["label"],
        "manually_verified": table["verified"].astype(int),
        "usage": "Public",
        "freesound_id": table["group"],
        "license": "Creative Commons 0",
    }
    whole, test = pd.DataFrame(columns), table["split"] == "test"
    train_columns = ["fname", "label", "manually_verified", "freesound_id", "license"]
    whole.loc[~test, train_columns].to_csv(folder / "train_post_competition.csv", index=False)
    test_columns = ["fname", "label", "usage", "freesound_id", "license"]
    whole.loc[test, test_columns].to_csv(folder / "test_post_competition_scoring_clips.csv", index=False)
