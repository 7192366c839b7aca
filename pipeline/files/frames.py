"""The frames of all clips, as the stage `spectrograms` leaves them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError
from pipeline.files import schemas
from pipeline.files.formats import read_array, read_record, read_table


@dataclass(frozen=True)
class Frames:
    """Frames of all clips and where each clip's lie.

    Attributes:
        frames: float16 (total_frames, n_bins), memory-mapped, clips packed end to end.
        index: one row a clip, in the order of clips.csv; columns as in `schemas.INDEX`.
        settings: what the frames were made with (`kind`, `sr`, ... and `n_bins`).
    """

    frames: np.ndarray
    index: pd.DataFrame
    settings: dict[str, Any]

    @property
    def n_bins(self) -> int:
        return int(self.frames.shape[1])

    @property
    def ok(self) -> np.ndarray:
        """Bool (n_clips,): False where quarantined."""
        return (self.index["status"] == "ok").to_numpy()

    def clip(self, row: int) -> np.ndarray:
        """float16 (n_frames, n_bins): the frames of the clip in `row`, a view."""
        return self.frames[self._spans[row]]

    @cached_property
    def _spans(self) -> list[slice]:
        # Training asks for every clip in every epoch, and a cell of a table takes longer than the frames.
        starts, lengths = self.index["start"].tolist(), self.index["n_frames"].tolist()
        return [slice(start, start + length) for start, length in zip(starts, lengths, strict=True)]


def read_features(folder: str | Path) -> Frames:
    """Read `frames.npy`, `index.csv` and `features.json` of the spectrograms stage.

    Raises:
        ArtifactError: a file is missing or damaged, the index does not lay the clips end to end, or the frames are not
            of as many bins as were made.
    """
    folder = Path(folder)
    index = schemas.check(schemas.INDEX, read_table(folder / "index.csv"), folder / "index.csv")
    length = index["n_frames"]
    good = (index["start"] == length.cumsum() - length) & ((index["status"] == "ok") == (length > 0))
    if not good.all():
        raise ArtifactError(
            f"{folder / 'index.csv'}: clip {index['clip_id'][int(np.argmin(good))]!r}: start or n_frames is wrong, "
            "expected clips end to end, none without frames but the quarantined; run `dvc repro`"
        )
    frames = read_array(folder / "frames.npy", shape=(int(length.sum()), None), dtype="float16")
    settings = read_record(folder / "features.json", "kind", "n_bins")
    if settings["n_bins"] != frames.shape[1]:
        found = f"n_bins {settings['n_bins']!r}, but frames.npy has {frames.shape[1]}"
        raise ArtifactError(f"{folder / 'features.json'}: found {found}; run `dvc repro`")
    return Frames(frames=frames, index=index, settings=settings)
