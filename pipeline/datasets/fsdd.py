"""`fsdd`: spoken English digits, 50 recordings of each by every speaker (3,000 by six at 8 kHz), all labels true.

All that `test_speaker` says becomes the test split, so that accuracy is that on a voice that nothing has heard; a
speaker is a group, so that folds are told apart by voices too. (The data set's own split, recordings 0 to 4 of every
speaker, tests voices that were trained on.)

Citation: Z. Jackson, "Free Spoken Digit Dataset", https://github.com/Jakobovski/free-spoken-digit-dataset
Licence: CC BY-SA 4.0.
"""

import re
from pathlib import Path

import pandas as pd

from pipeline.datasets import _tables
from pipeline.errors import DataError
from pipeline.settings import PositiveInt

_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_NAME = re.compile(r"(?P<digit>[0-9])_(?P<speaker>[^_]+)_(?P<take>[0-9]+)\.wav")
GROUPINGS: dict[str, dict[str, list[str]]] = {"two": {"low": _WORDS[:5], "high": _WORDS[5:]}}


def load(
    root: Path, raw: Path, *, seed: int, test_speaker: str = "george", takes: PositiveInt | None = None
) -> pd.DataFrame:
    """Return the recordings in `root/recordings`, by name `{digit}_{speaker}_{take}.wav`; `seed` and `raw` are unused.

    `takes` limits what trains to the first so many recordings of each digit by each speaker; what tests is not limited.

    Raises:
        DataError: no such folder or speaker, or no recording of that name, or one of a speaker alone.
    """
    root = _tables.folder(root)
    names = sorted(path.name for path in _tables.folder(root / "recordings").iterdir())
    found = [match for name in names if (match := _NAME.fullmatch(name))]
    speakers = sorted({match["speaker"] for match in found})
    if test_speaker not in speakers:
        known = ", ".join(speakers) or "no {digit}_{speaker}_{take}.wav at all"
        raise DataError(f"dataset.test_speaker: found {test_speaker!r}, expected one of those in {root}: {known}")
    if len(speakers) == 1:
        raise DataError(f"{root / 'recordings'}: found one speaker, {test_speaker}, expected others to train on")
    chosen = [m for m in found if takes is None or m["speaker"] == test_speaker or int(m["take"]) < takes]
    return pd.DataFrame([_clip(root, match, test_speaker) for match in chosen])


def _clip(root: Path, match: re.Match[str], test_speaker: str) -> dict[str, object]:
    path = _tables.inside(root, f"recordings/{match[0]}", "dataset.root")
    label = _WORDS[int(match["digit"])]
    return {
        "clip_id": Path(path).stem,
        "source": str(root / path),
        "path": path,
        "label": label,
        "verified": True,
        "split": "test" if match["speaker"] == test_speaker else "train",
        "group": match["speaker"],
        "truth": label,
    }
