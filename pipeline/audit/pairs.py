"""Which clips hold the same sound, or nearly.

The same: what was decoded is the same to 16 bits, whatever the container. Nearly: of the clips whose long-term spectra
are most alike, those whose waveforms are, by `likeness`. What is silent is like nothing.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from pipeline.audio import decoding, extraction
from pipeline.audit.likeness import SR, likeness, prepared
from pipeline.compute import workers
from pipeline.errors import DataError
from pipeline.files import problems

NEIGHBOURS = 10  # most alike by spectrum, that are compared with a clip
ALIKE = 0.9  # least cosine of their spectra
LEAST = 0.9  # likeness from which two sounds are nearly the same, unless the settings say another
SECONDS = 30.0  # of a clip, that are compared
_BLOCK = 2_000  # pairs at a time: memory does not grow with their number
_UNHEARD = {"silent", "constant"}


def find(
    index: pd.DataFrame, spectra: np.ndarray, paths: Sequence[Path], *, least: float | None, jobs: int
) -> pd.DataFrame:
    """Return the pairs of clips with the same sound, or nearly.

    Args:
        index: one row a clip, columns as in `schemas.INDEX`.
        spectra: float32 (n_clips, bands), unit rows or zeros.
        paths: of each clip's audio.
        least: likeness from which two sounds are nearly the same; None: these are not looked for.
        jobs: processes, -1 for one a core.

    Returns:
        `a`, `b` (rows of the index, a < b), `likeness`, and whether it is the very `same` sound; sorted by a and b.
    """
    same = _same(index)
    found = [(a, b, 1.0, True) for a, b in same]
    if least is not None:
        pairs = [pair for pair in candidates(spectra, _heard(index)) if pair not in set(same)]
        measured = compare([paths[i] for i in range(len(paths))], pairs, jobs=jobs)
        found += [(a, b, value, False) for (a, b), value in zip(pairs, measured, strict=True) if value >= least]
    kinds = {"a": int, "b": int, "likeness": float, "same": bool}
    return pd.DataFrame(sorted(found), columns=list(kinds)).astype(kinds)


def _heard(index: pd.DataFrame) -> np.ndarray:
    """Return bool (n_clips,): clips with a sound that can be like another."""
    silent = np.array([bool(_UNHEARD & problems.from_text(cell).keys()) for cell in index["flags"]], dtype=bool)
    return (index["status"] == "ok").to_numpy() & ~silent


def _same(index: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the first clip of each sound with each other one of it."""
    rows = np.flatnonzero(_heard(index))
    found = pd.Series(rows).groupby(index["sound"].to_numpy()[rows], sort=False)
    return sorted((int(part.iloc[0]), int(row)) for _, part in found for row in part.iloc[1:])


def candidates(spectra: np.ndarray, heard: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs worth comparing, as rows (a < b), sorted: among the `NEIGHBOURS` of one, and `ALIKE`."""
    rows = np.flatnonzero(heard & (np.linalg.norm(spectra, axis=1) > 0.5))
    if rows.size < 2:
        return []
    search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, rows.size - 1), metric="cosine").fit(spectra[rows])
    distance, near = search.kneighbors()
    of, rank = np.nonzero(distance <= 1 - ALIKE)
    pairs = {(int(min(a, b)), int(max(a, b))) for a, b in zip(rows[of], rows[near[of, rank]], strict=True)}
    return sorted(pairs)


def compare(paths: Sequence[Path], pairs: Sequence[tuple[int, int]], *, jobs: int) -> Iterator[float]:
    """Yield the likeness of the sounds of each pair of `paths`; 0 where one can no longer be read."""
    kept: dict[int, np.ndarray] = {}
    for begin in range(0, len(pairs), _BLOCK):
        block = pairs[begin : begin + _BLOCK]
        needed = sorted({row for pair in block for row in pair})
        kept = {row: kept[row] for row in needed if row in kept}
        missing = [row for row in needed if row not in kept]
        kept |= dict(zip(missing, _waveforms([paths[row] for row in missing], jobs), strict=True))
        for a, b in block:
            yield likeness(kept[a], kept[b])


def _waveforms(paths: Sequence[Path], jobs: int) -> Iterator[np.ndarray]:
    calls = [(path.absolute(),) for path in paths]
    limits: Any = {"seconds": extraction.SECONDS + SECONDS, "memory": extraction.memory(SECONDS, SR)}
    results = workers.run(
        _waveform, calls, jobs=joblib.effective_n_jobs(jobs), preload=[__name__, *extraction.LATE], **limits
    )
    for result in results:
        yield np.zeros(1, np.float32) if isinstance(result, workers.Lost) else result


def _waveform(path: Path) -> np.ndarray:
    try:
        return prepared(decoding.decode(path, sr=SR, max_seconds=SECONDS, trim_db=None).y)
    except DataError:
        return np.zeros(1, np.float32)
