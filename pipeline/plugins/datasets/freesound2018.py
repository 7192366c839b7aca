"""`freesound2018`: FSDKaggle2018, 41 classes, 9,473 training clips of which 3,710 are manually verified.

Found at `dataset.root` as published on Zenodo (`FSDKaggle2018.audio_train/`, `.audio_test/`, `.meta/`) or as Kaggle
had it (`audio_train/`, `audio_test/`, `train.csv`, and `test_post_competition.csv` or `sample_submission.csv`), or
fetched from Zenodo with `fetch: true`. A test clip whose label is not published has none.

The groupings are those of the Freesound tagging report that Earmark rebuilds.

Citation: E. Fonseca et al., "General-purpose tagging of Freesound audio with AudioSet labels: task description,
dataset, and baseline", DCASE 2018; https://doi.org/10.5281/zenodo.2552860.
Licence: CC BY 4.0; each clip's own (CC0 or CC BY) in the tables.
"""

from pathlib import Path

import pandas as pd

from pipeline.errors import DataError
from pipeline.files.faults import Faults
from pipeline.plugins.datasets import _fetch, _tables

_STRINGS = ["Acoustic_guitar", "Cello", "Double_bass", "Violin_or_fiddle"]
_PERCUSSION = ["Bass_drum", "Cowbell", "Electric_piano", "Glockenspiel", "Gong", "Hi-hat", "Snare_drum", "Tambourine"]
_WINDS = ["Chime", "Clarinet", "Flute", "Harmonica", "Oboe", "Saxophone", "Trumpet"]
_CREATURE = [
    "Applause",
    "Bark",
    "Burping_or_eructation",
    "Cough",
    "Fart",
    "Finger_snapping",
    "Laughter",
    "Meow",
    "Squeak",
    "Tearing",
]
_THINGS = [
    "Bus",
    "Computer_keyboard",
    "Drawer_open_or_close",
    "Fireworks",
    "Gunshot_or_gunfire",
    "Keys_jangling",
    "Knock",
    "Microwave_oven",
    "Scissors",
    "Shatter",
    "Telephone",
    "Writing",
]
_MUSIC = sorted(_STRINGS + _PERCUSSION + _WINDS)
GROUPINGS: dict[str, dict[str, list[str]]] = {
    "two": {"music": _MUSIC, "others": sorted(_CREATURE + _THINGS)},
    "three": {"music": _MUSIC, "creature": _CREATURE, "non_human": _THINGS},
    "five": {
        "strings": _STRINGS,
        "percussion": _PERCUSSION,
        "other_instruments": _WINDS,
        "creature": _CREATURE,
        "non_human": _THINGS,
    },
}
_META = ["FSDKaggle2018.meta", "meta", "."]
_TRAIN = ["train_post_competition.csv", "train.csv"]
_TEST = ["test_post_competition_scoring_clips.csv", "test_post_competition.csv", "sample_submission.csv"]


def load(root: Path, raw: Path, *, seed: int, fetch: bool = False) -> pd.DataFrame:
    """Return the clips of both splits.

    Args:
        root: holds the published archive, or Kaggle's.
        raw: unused.
        seed: unused.
        fetch: download what is missing under `root` first: several gigabytes; interrupted, it goes on where it stopped.

    Raises:
        DataError: no such folder, a folder or table missing, or a download that failed.
    """
    if fetch:
        _fetch.fetch(root, missing=[part for part in _fetch.PARTS if not _present(root, part)])
    root = _tables.folder(root)
    rows = _split(root, "train", _TRAIN) + _split(root, "test", _TEST)
    return pd.DataFrame(rows)


def _present(root: Path, part: str) -> bool:
    if part == "meta":
        return any((root / meta / name).is_file() for meta in _META for name in _TRAIN)
    return any((root / name).is_dir() for name in (f"FSDKaggle2018.{part}", part))


def _split(root: Path, split: str, tables: list[str]) -> list[dict[str, object]]:
    audio = next((n for n in (f"FSDKaggle2018.audio_{split}", f"audio_{split}") if (root / n).is_dir()), None)
    file = next((root / meta / n for n in tables for meta in _META if (root / meta / n).is_file()), None)
    if audio is None or file is None:
        missing = f"FSDKaggle2018.audio_{split}/" if audio is None else f"FSDKaggle2018.meta/{tables[0]}"
        raise DataError(f"{root}: found no {missing}, expected FSDKaggle2018 as published; or set dataset.fetch: true")
    columns = ["fname", "label"] + (["manually_verified"] if split == "train" else [])
    rows = _tables.read(file, columns)
    faults, clips = Faults(file), []
    for line, row in rows:
        with faults.row(line):
            clips.append(_clip(root, row, split, audio, file, line))
    faults.check()
    return clips


def _clip(root: Path, row: dict[str, str], split: str, audio: str, file: Path, line: int) -> dict[str, object]:
    where = f"{file}:{line}"
    source = root / _tables.inside(root, f"{audio}/{row['fname']}", where)
    hidden = split == "test" and (row.get("usage") == "Ignored" or file.name == "sample_submission.csv")
    clip_id = row["fname"].removesuffix(".wav")
    licence = row.get("license", row.get("licence"))
    return {
        "clip_id": clip_id,
        "source": str(source),
        "path": f"audio_{split}/{row['fname']}",
        "label": "" if hidden or row["label"] == "None" else row["label"],
        "verified": split == "test" or _tables.flag(row["manually_verified"], f"{where}: manually_verified"),
        "split": split,
        "group": row.get("freesound_id") or clip_id,
    } | ({} if licence is None else {"licence": licence})
