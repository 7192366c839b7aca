"""`csv`: anyone's folder of sounds and a table `path,label[,verified,split,group,truth,licence,uploader]`.

`path` is relative to `dataset.root`, or to `dataset.audio` if the sounds lie elsewhere than the table. Without a
column `verified` all labels count as verified (there would be nothing to learn from otherwise); without `split`, a
share `test_fraction` becomes the test split, whole groups at a time and evenly over the classes; without `group`,
each clip is its own. An empty label means none; `NA`, `None` and `null` are labels like any other.

Citation and licence: those of the data.
"""

import unicodedata
from pathlib import Path, PurePosixPath

import pandas as pd

from pipeline.errors import DataError
from pipeline.files import names
from pipeline.files.faults import Faults
from pipeline.files.guarded_csv import unguard
from pipeline.plugins.datasets import _splits, _tables
from pipeline.settings import Fraction

GROUPINGS: dict[str, dict[str, list[str]]] = {}
_OPTIONAL = ["verified", "split", "group", "truth", "licence", "uploader"]
_OTHER_SPELLING = {"license": "licence"}
_COMPARED = ["label", "truth", "group", "licence", "uploader"]


def load(
    root: Path,
    raw: Path,
    *,
    seed: int,
    table: str = "clips.csv",
    audio: str | None = None,
    test_fraction: Fraction = 0.0,
) -> pd.DataFrame:
    """Return the clips listed in the CSV file `table`, relative to `root`.

    Args:
        root: the folder of the table and, without `audio`, of the sounds.
        raw: not written to.
        seed: of the test split.
        table: the CSV file, relative to `root`.
        audio: the folder that the paths of the table begin at; null: `root`.
        test_fraction: share of each class to be tested, where the table has no column `split`.

    Raises:
        DataError: no such folder or table; a column missing, unknown or impossible; a path that leaves the folder;
            a clip listed twice, or under names that differ only by case or Unicode form; labels or groups that look
            alike. With file and line, all rows at fault at once.
    """
    root = _tables.folder(root)
    sounds = root if audio is None else _tables.folder(Path(audio), "dataset.audio")
    file = root / _tables.inside(root, table, "dataset.table")
    rows = _spelt(_tables.read(file, ["path", "label"], [*_OPTIONAL, *_OTHER_SPELLING]), file)
    has_split = "split" in rows[0][1]
    if has_split and test_fraction:
        raise DataError(f"dataset.test_fraction: found {test_fraction}, but {file} has a column 'split'; remove one")
    faults = Faults(file)
    rows = _tables.tidied(rows, _COMPARED, faults)
    found = []
    for line, row in rows:
        with faults.row(line):
            found.append(_clip(sounds, row, faults.where(line)))
    _check_names(rows, faults)
    _tables.check_alike(rows, ["label", "truth"], faults)
    _tables.check_alike(rows, ["group"], faults, case=True)
    faults.check()
    clips = pd.DataFrame(found)
    if not has_split:
        test = _splits.hold_out(list(clips["label"]), list(clips["group"]), fraction=test_fraction, seed=seed)
        clips["split"] = ["test" if chosen else "train" for chosen in test]
        clips["drawn"] = True
    return clips


def _spelt(rows: list[_tables.Row], file: Path) -> list[_tables.Row]:
    """Return the rows with columns by the one name that we have for them, and texts as they were before an export."""
    both = [f"{other!r} and {one!r}" for other, one in _OTHER_SPELLING.items() if {one, other} <= rows[0][1].keys()]
    if both:
        raise DataError(f"{file}: found the columns {both[0]}, which are one; remove one of them")
    return [
        (line, {_OTHER_SPELLING.get(name, name): unguard(cell) for name, cell in row.items()}) for line, row in rows
    ]


def _clip(root: Path, row: dict[str, str], where: str) -> dict[str, object]:
    path = _tables.inside(root, _as_it_is_called(root, row["path"]), where)
    split = _tables.split(row.get("split", "train"), where)
    label = unicodedata.normalize("NFC", row["label"])
    verified = label != "" and ("verified" not in row or _tables.flag(row["verified"], f"{where}: verified"))
    clip = {
        "clip_id": path,
        "source": str(root / path),
        "path": path,
        "label": label,
        "verified": verified,
        "split": split,
        "group": unicodedata.normalize("NFC", row.get("group", "")) or path,
    }
    if "truth" in row:
        clip["truth"] = unicodedata.normalize("NFC", row["truth"])
    return clip | {name: row[name] for name in ("licence", "uploader") if name in row}


def _as_it_is_called(root: Path, path: str) -> str:
    """Return the path of a cell by the name that the file has: blanks around it, and its Unicode form, may differ."""
    if names.path_problem(path.strip(" ")):
        return path
    plain = path.strip(" ")
    forms = (path, plain, *(unicodedata.normalize(form, plain) for form in ("NFC", "NFD")), names.tidy(plain))
    return next((one for one in dict.fromkeys(forms) if one and (root / one).exists()), plain)


def _check_names(rows: list[_tables.Row], faults: Faults) -> None:
    seen: dict[str, tuple[int, dict[str, str]]] = {}
    for line, row in rows:
        key = unicodedata.normalize("NFC", str(PurePosixPath(row["path"].strip(" ")))).casefold()
        if key in seen:
            first, other = seen[key]
            both = f"{other['path']!r} as {other['label']!r} and {row['path']!r} as {row['label']!r}"
            faults.add(line, f"the same clip as in line {first}: {both}; expected each clip once")
        seen.setdefault(key, (line, row))
