"""The training clips of a data set in which nobody has verified a label yet, with their features.

`prepare` refuses such a set, for nothing can be learned from it. So the clips are listed here, beside the run: `clips`,
`raw`, `features` and `labels/run.json` in a folder of their own, in the forms that a run has.
"""

from pathlib import Path

import pandas as pd

from pipeline.audio import extraction
from pipeline.clips import preparing
from pipeline.corrections import store
from pipeline.errors import DataError
from pipeline.files import artifacts, fingerprint, formats
from pipeline.files.publishing import publish
from pipeline.params import registry
from pipeline.params.schema import Params

KEY = "made_of.json"


def write(params: Params, folder: Path) -> None:
    """List the training clips in `folder` and extract their features, unless that was done for the same files.

    Raises:
        DataError: the data set or its sounds cannot be used, or there are fewer than two classes.
    """
    clips, classes = _listed(params, folder)
    artifacts.write_clips(folder / "clips", clips.drop(columns="source"), classes)
    formats.write_json(folder / "labels" / "run.json", {"run_id": store.run_id(clips, classes)})
    key = _key(clips, params)
    if not (folder / KEY).is_file() or formats.read_json(folder / KEY) != key:
        (folder / KEY).unlink(missing_ok=True)
        extraction.extract_all(
            clips, folder / "raw", params.features, jobs=params.compute.jobs, out=folder / "features"
        )
        formats.write_json(folder / KEY, key)


def _listed(params: Params, folder: Path) -> tuple[pd.DataFrame, list[str]]:
    dataset = params.dataset
    with publish(folder / "raw") as raw:
        raw.mkdir()
        table = registry.function("datasets", dataset.name)(
            Path(dataset.root), raw, seed=params.seed, **dataset.settings
        )
        clips = table[table["split"] == "train"].sort_values("clip_id", ignore_index=True)
        classes = sorted(set(clips["label"]) - {""})
        if len(classes) < 2:
            raise DataError(
                f"{dataset.root}: found {len(clips)} training clips of {len(classes)} classes, expected two classes or "
                "more; give the others their labels"
            )
        for source, path in zip(clips["source"], clips["path"], strict=True):
            preparing.link(Path(source), raw / path)
    known = ["clip_id", "path", "label", "verified", "split", "group", "source"]
    return clips[known].assign(fold=0), classes


def _key(clips: pd.DataFrame, params: Params) -> str:
    """Return what changes with the files and with what is made of them."""
    files = [[path, *_state(Path(source))] for path, source in zip(clips["path"], clips["source"], strict=True)]
    return fingerprint.digest(files, extraction.describe(params.features))


def _state(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]
