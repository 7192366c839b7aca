"""`esc50`: 2,000 environmental recordings of 5 s in 50 classes, or ten of the classes (`esc10`), all labels true.

Its official folds never split a source recording: fold `test_fold` (1 to 5) becomes the test split and the other
four, numbered 0 to 3, the folds of the training split, so `folds` must be 4.

Citation: K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015.
Licence: CC BY-NC 3.0; the clips of ESC-10 CC BY 3.0; each clip's own in the data set's LICENSE.
"""

from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.errors import DataError
from pipeline.files.faults import Faults
from pipeline.plugins.datasets import _tables
from pipeline.settings import PositiveInt

_MAJOR = {
    "animals": "dog rooster pig cow frog cat hen insects sheep crow",
    "nature": "rain sea_waves crackling_fire crickets chirping_birds water_drops wind pouring_water toilet_flush "
    "thunderstorm",
    "human": "crying_baby sneezing clapping breathing coughing footsteps laughing brushing_teeth snoring "
    "drinking_sipping",
    "interior": "door_wood_knock mouse_click keyboard_typing door_wood_creaks can_opening washing_machine "
    "vacuum_cleaner clock_alarm clock_tick glass_breaking",
    "exterior": "helicopter chainsaw siren car_horn engine train church_bells airplane fireworks hand_saw",
}
_FIVE = {name: members.split() for name, members in _MAJOR.items()}
GROUPINGS: dict[str, dict[str, list[str]]] = {
    "five": _FIVE,
    "two": {
        "living": _FIVE["animals"] + _FIVE["human"],
        "things": _FIVE["nature"] + _FIVE["interior"] + _FIVE["exterior"],
    },
}


def load(
    root: Path, raw: Path, *, seed: int, subset: Literal["esc10", "all"] = "all", test_fold: PositiveInt = 1
) -> pd.DataFrame:
    """Return the clips listed in `root/meta/esc50.csv`.

    Audio is looked for in `root/audio` under the listed name, or as WAV or Ogg under the same stem.

    Args:
        root: holds `audio/` and `meta/esc50.csv`.
        raw: unused.
        seed: unused.
        subset: all, or the ten classes of esc10.
        test_fold: the official fold, 1 to 5, that is tested; the other four train, so that `folds` is 4.

    Raises:
        DataError: no such folder, table or fold.
    """
    root = _tables.folder(root)
    file = root / "meta" / "esc50.csv"
    rows = _tables.read(file, ["filename", "fold", "category", "esc10", "src_file"])
    numbers = sorted({row["fold"] for _, row in rows})
    if str(test_fold) not in numbers:
        raise DataError(f"dataset.test_fold: found {test_fold}, expected one of the folds of {file}: {numbers}")
    chosen = [(n, row) for n, row in rows if subset == "all" or _tables.flag(row["esc10"], f"{file}:{n}: esc10")]
    if not chosen:
        raise DataError(f"{file}: found no clip of {subset}; set dataset.subset to all")
    order = {number: i for i, number in enumerate(n for n in numbers if n != str(test_fold))}
    faults, clips = Faults(file), []
    for line, row in chosen:
        with faults.row(line):
            clips.append(_clip(root, row, order, faults.where(line)))
    faults.check()
    return pd.DataFrame(clips)


def _clip(root: Path, row: dict[str, str], folds: dict[str, int], where: str) -> dict[str, object]:
    path = _tables.inside(root, f"audio/{row['filename']}", where)
    found = [path, *(str(Path(path).with_suffix(end).as_posix()) for end in (".wav", ".ogg"))]
    path = next((p for p in found if (root / p).exists()), path)
    fold = folds.get(row["fold"], -1)
    return {
        "clip_id": Path(path).stem,
        "source": str(root / path),
        "path": path,
        "label": row["category"],
        "verified": True,
        "split": "test" if fold < 0 else "train",
        "fold": fold,
        "group": row["src_file"],
        "truth": row["category"],
    }
