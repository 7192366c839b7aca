"""What flows between stages, in the forms of `pipeline.files.formats`, checked as it is written and read.

Conventions: two readers exist for clips: `read_clips` for all that trains, promotes or selects, which cannot see
`truth` nor the labels of the test split, and `read_answers` for reports and benchmarks.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError
from pipeline.files import schemas
from pipeline.files.formats import read_array, read_json, read_record, read_table, write_json, write_table


def write_clips(
    folder: str | Path,
    clips: pd.DataFrame,
    classes: list[str],
    groupings: Mapping[str, Mapping[str, list[str]]] | None = None,
) -> None:
    """Write `clips.csv`, `files.csv`, `classes.json` and `groupings.json` into `folder`, checked against the schema."""
    folder = Path(folder)
    clips = schemas.check(schemas.CLIPS, clips.sort_values("clip_id", ignore_index=True), folder / "clips.csv")
    write_json(folder / "classes.json", classes)
    write_json(folder / "groupings.json", groupings or {})
    write_table(folder / "files.csv", clips[list(schemas.FILES.columns)])
    write_table(folder / "clips.csv", clips)


def write_dealt(folder: str | Path, dealt: pd.DataFrame, listed: str | Path) -> None:
    """Write the clips of the folder `listed` into `folder`, with the groups, split, folds and verified of `dealt`.

    `dealt` has the same clips in the same order. The answers pass from one folder to the other, and are not read.
    """
    clips = read_answers(listed).assign(**{name: dealt[name] for name in ("verified", "split", "fold", "group")})
    write_clips(folder, clips, read_classes(listed), read_groupings(listed))


def write_audit(folder: str | Path, problems: pd.DataFrame) -> None:
    """Write `audit.csv` into `folder`, checked against `schemas.AUDIT`."""
    path = Path(folder) / "audit.csv"
    write_table(path, schemas.check(schemas.AUDIT, problems, path))


def read_files(folder: str | Path) -> pd.DataFrame:
    """Return `files.csv`: what stages that read no label need, so that a corrected label does not rerun them.

    One row a clip, in the order of clips.csv; columns as in `schemas.FILES`.
    """
    path = Path(folder) / "files.csv"
    return schemas.check(schemas.FILES, read_table(path), path)


def read_answers(folder: str | Path) -> pd.DataFrame:
    """Return the whole of `clips.csv`, with test labels and, where there is one, `truth`: reports and benchmarks only.

    One row a clip, sorted by `clip_id`; columns as in `schemas.CLIPS`.
    """
    path = Path(folder) / "clips.csv"
    return schemas.check(schemas.CLIPS, read_table(path), path)


def read_clips(folder: str | Path) -> pd.DataFrame:
    """Return `clips.csv` as everything that learns may see it: no `truth`, test labels blank."""
    clips = read_answers(folder).drop(columns="truth", errors="ignore")
    return clips.assign(label=clips["label"].where(clips["split"] == "train", ""))


def read_classes(folder: str | Path) -> list[str]:
    """Return the class names; a name's index is its column in every `probs.npy`."""
    path = Path(folder) / "classes.json"
    names = read_json(path)
    if not isinstance(names, list) or not names or len({str(name) for name in names}) < len(names):
        raise ArtifactError(f"{path}: expected a list of class names, each once; remove it and run `dvc repro`")
    return [str(name) for name in names]


def same_clips(table: pd.DataFrame, clips: pd.DataFrame, path: str | Path) -> None:
    """Make sure that `table`, read from `path`, has the clips of clips.csv in their order.

    Raises:
        ArtifactError: it has not.
    """
    if list(table["clip_id"]) != list(clips["clip_id"]):
        raise ArtifactError(
            f"{path}: its {len(table)} clips are not the {len(clips)} of clips.csv in that order; run `dvc repro`"
        )


def read_probs(path: str | Path, n_clips: int, n_classes: int, *, open_set: bool = False) -> np.ndarray:
    """Read float32 (n_clips, n_classes); a row sums to one, or is all NaN where the clip is quarantined.

    With `open_set`, what a row lacks of one is the probability of no class at all.

    Raises:
        ArtifactError: missing, of another shape, or a row is neither.
    """
    probs = np.asarray(read_array(path, shape=(n_clips, n_classes)))
    sums = probs.sum(axis=1, dtype=np.float64)
    empty = np.isnan(probs).all(axis=1)
    whole = (np.abs(sums - 1) < 1e-3) | (open_set & (sums < 1))
    good = empty | (whole & (probs >= 0).all(axis=1))
    if not good.all():
        raise ArtifactError(f"{path}: row {int(np.argmin(good))} is not a distribution; run `dvc repro`")
    return probs


def read_neighbours(path: str | Path, n_clips: int) -> np.ndarray:
    """Read int32 (n_clips, k): rows of the clips that sound most like each, -1 where there are not as many.

    Raises:
        ArtifactError: missing, of another shape, or what is in it are no rows.
    """
    near = np.asarray(read_array(path, shape=(n_clips, None), dtype="int32"))
    if ((near < -1) | (near >= n_clips)).any():
        raise ArtifactError(f"{path}: expected whole numbers from -1 to {n_clips - 1}; run `dvc repro`")
    return near


def write_labels(folder: str | Path, labels: pd.DataFrame) -> None:
    """Write `labels.csv` and `targets.csv` into `folder`, checked against `schemas.LABELS`."""
    folder = Path(folder)
    labels = schemas.check(schemas.LABELS, labels, folder / "labels.csv")
    write_table(folder / "labels.csv", labels)
    write_table(folder / "targets.csv", labels[list(schemas.TARGETS.columns)])


def read_labels(folder: str | Path) -> pd.DataFrame:
    """Return `labels.csv`: one row a clip, in the order of clips.csv; columns as in `schemas.LABELS`."""
    path = Path(folder) / "labels.csv"
    return schemas.check(schemas.LABELS, read_table(path), path)


def read_targets(folder: str | Path) -> pd.DataFrame:
    """Return `targets.csv`: what members are trained by, so that another reason or probability retrains none.

    One row a clip, in the order of clips.csv; columns as in `schemas.TARGETS`.
    """
    path = Path(folder) / "targets.csv"
    return schemas.check(schemas.TARGETS, read_table(path), path)


def read_ruled_out(path: str | Path, n_clips: int, n_classes: int) -> np.ndarray:
    """Read bool (n_clips, n_classes): the classes that a person said a clip is not of.

    Raises:
        ArtifactError: missing, or of another shape.
    """
    return np.asarray(read_array(path, shape=(n_clips, n_classes), dtype="bool"))


def read_groupings(folder: str | Path) -> dict[str, dict[str, list[str]]]:
    """Return `groupings.json`: the groupings that came with the data set, by name.

    Raises:
        ArtifactError: missing, or not lists of classes by family.
    """
    path = Path(folder) / "groupings.json"
    found = read_record(path)
    lists = [names for families in found.values() if isinstance(families, dict) for names in families.values()]
    if not all(isinstance(families, dict) for families in found.values()) or not all(
        isinstance(n, list) for n in lists
    ):
        raise ArtifactError(f"{path}: expected lists of classes by family; remove it and run `dvc repro`")
    return found
