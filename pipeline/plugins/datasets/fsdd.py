"""`fsdd`: spoken English digits, 50 recordings of each by every speaker (3,000 by six at 8 kHz), all labels true.

Without `test_speaker` the split is that of the data set: the first recordings of each digit and speaker are tested,
by voices that were trained on. With it, all that one speaker says is tested, and a speaker is a group, so that folds
have voices of their own too: with six speakers, that is a question about who is left out as well.

Citation: Z. Jackson, "Free Spoken Digit Dataset", https://github.com/Jakobovski/free-spoken-digit-dataset
Licence: CC BY-SA 4.0.
"""

import re
from pathlib import Path

import pandas as pd

from pipeline.errors import DataError
from pipeline.plugins.datasets import _tables
from pipeline.settings import PositiveInt

_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_NAME = re.compile(r"(?P<digit>[0-9])_(?P<speaker>[^_]+)_(?P<take>[0-9]+)\.wav")
GROUPINGS: dict[str, dict[str, list[str]]] = {"two": {"low": _WORDS[:5], "high": _WORDS[5:]}}


def load(
    root: Path, raw: Path, *, seed: int, test_takes: PositiveInt = 5, test_speaker: str | None = None
) -> pd.DataFrame:
    """Return the recordings in `root/recordings`, by name `{digit}_{speaker}_{take}.wav`; `seed` and `raw` are unused.

    Args:
        root: the data set's folder.
        raw: unused.
        seed: unused.
        test_takes: recordings with a lower number are tested; unused with a `test_speaker`.
        test_speaker: the speaker whose recordings are all tested.

    Raises:
        DataError: no such folder or speaker, or nothing is left to train on.
    """
    root = _tables.folder(root)
    names = sorted(path.name for path in _tables.folder(root / "recordings").iterdir())
    found = [match for name in names if (match := _NAME.fullmatch(name))]
    if not found:
        raise DataError(f"{root / 'recordings'}: found no {{digit}}_{{speaker}}_{{take}}.wav; is this the data set?")
    speakers = sorted({match["speaker"] for match in found})
    if test_speaker is not None and test_speaker not in speakers:
        known = ", ".join(speakers)
        raise DataError(f"dataset.test_speaker: found {test_speaker!r}, expected one of those in {root}: {known}")
    tested = [_is_tested(match, test_takes, test_speaker) for match in found]
    if all(tested):
        key = "test_takes" if test_speaker is None else "test_speaker"
        raise DataError(f"dataset.{key}: all recordings in {root} are tested, expected others to train on")
    return pd.DataFrame(
        [_clip(root, match, test, test_speaker is not None) for match, test in zip(found, tested, strict=True)]
    )


def _is_tested(match: re.Match[str], takes: int, speaker: str | None) -> bool:
    return int(match["take"]) < takes if speaker is None else match["speaker"] == speaker


def _clip(root: Path, match: re.Match[str], test: bool, voices_apart: bool) -> dict[str, object]:
    path = _tables.inside(root, f"recordings/{match[0]}", "dataset.root")
    label = _WORDS[int(match["digit"])]
    return {
        "clip_id": Path(path).stem,
        "source": str(root / path),
        "path": path,
        "label": label,
        "verified": True,
        "split": "test" if test else "train",
        "group": match["speaker"] if voices_apart else Path(path).stem,
        "truth": label,
    }
