"""From audio to the frames of all clips, in parallel, with the clips that cannot be read set aside."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.audio import bounds, decoding, spectrum
from pipeline.compute import workers
from pipeline.errors import DataError
from pipeline.files import fingerprint, formats, problems, schemas
from pipeline.files.publishing import publish
from pipeline.params import registry
from pipeline.params.data import Features

SECONDS = 60.0  # that a clip may take, and as long again as it may sound; it usually takes 0.02
LATE = ("librosa.core.audio", "librosa.core.spectrum", "librosa.feature.spectral")  # what librosa loads when asked to


@dataclass(frozen=True)
class Extracted:
    """One clip's frames, float16 (n_frames, n_bins), or None and why not.

    Attributes:
        seconds, offset: as in `decoding.Decoded`.
        reason: why it is quarantined, empty for a usable clip.
        sha256: of the audio file, empty where there is no readable file, or one too large to read.
        flags, sound: as in `decoding.Decoded`.
        spectrum: float32 (`spectrum.BANDS`,), see `spectrum.long_term`; zeros where it is quarantined.
    """

    frames: np.ndarray | None
    seconds: float
    offset: float
    reason: str
    sha256: str
    flags: dict[str, str] = field(default_factory=dict)
    sound: str = ""
    spectrum: np.ndarray = field(default_factory=lambda: np.zeros(spectrum.BANDS, np.float32))


def extract_file(path: str | Path, features: Features) -> np.ndarray:
    """Return the frames of one audio file, float16 (n_frames, n_bins), n_frames >= 1.

    Raises:
        DataError: the file cannot be used; the message is the reason, without the path.
        ParamsError: the feature's settings are impossible.
    """
    return _frames(path, features)[0]


def _frames(path: str | Path, features: Features) -> tuple[np.ndarray, decoding.Decoded]:
    decoded = decoding.decode(
        path, sr=features.sr, max_seconds=features.max_seconds, trim_db=features.trim_db, band=band(features)
    )
    frames = registry.function("features", features.name)(decoded.y, features.sr, **features.settings)
    return frames.astype(np.float16), decoded


def band(features: Features) -> tuple[float, float]:
    """Return the lowest and the highest frequency, Hz, of which features are made."""
    settings, highest = features.settings, features.sr / 2
    return float(settings.get("fmin") or 0), min(float(settings.get("fmax") or highest), highest)


def describe(features: Features) -> dict[str, Any]:
    """Return what determines the frames, as kept in `features.json`.

    Raises:
        ParamsError: the settings are impossible at this sample rate.
    """
    n_bins = registry.load("features", features.name).n_bins(features.sr, **features.settings)
    return {
        "kind": features.name,
        "sr": features.sr,
        "trim_db": features.trim_db,
        "max_seconds": features.max_seconds,
        "settings": features.settings,
        "n_bins": int(n_bins),
    }


def extract_all(
    clips: pd.DataFrame, raw: str | Path, features: Features, *, jobs: int, out: str | Path
) -> pd.DataFrame:
    """Extract the features of every clip and publish them as the folder `out`; return its index.

    Beside the frames and the index it holds `spectra.npy`, float32 (n_clips, `spectrum.BANDS`).

    `clips` has columns `clip_id` and `path` (below `raw`), one row a clip, sorted by `clip_id`. `jobs` is a number
    of processes, -1 for one a core. Frames are written as they come: memory does not grow with the number of clips.
    The index has the columns of `schemas.INDEX`.

    Raises:
        DataError: a path leads out of `raw`, or more than `features.max_quarantined` of the clips, or all of them,
            cannot be read; `out` is left as it was.
        ParamsError: the feature's settings are impossible.
    """
    description = describe(features)
    paths = [_below(Path(raw), *row) for row in zip(clips["clip_id"], clips["path"], strict=True)]
    with publish(out) as folder:
        folder.mkdir()
        with open(folder / "frames.npy", "w+b") as file:
            results = tqdm(
                extract_each(paths, features, jobs=jobs),
                total=len(paths),
                desc="features",
                unit="clip",
                file=sys.stderr,
                disable=None,
            )
            index, spectra = _pack(clips["clip_id"], results, description["n_bins"], file)
        _check_quarantined(index, features.max_quarantined, Path(raw))
        formats.write_table(folder / "index.csv", schemas.check(schemas.INDEX, index, folder / "index.csv"))
        formats.write_array(folder / "spectra.npy", spectra)
        formats.write_json(folder / "features.json", description)
    return index


def _below(raw: Path, clip_id: str, path: str) -> Path:
    """Join `path` to `raw`, or refuse: what a table says must not decide which files outside are read."""
    parts = PureWindowsPath(path)
    if parts.is_absolute() or parts.anchor or ".." in parts.parts or "\\" in path or "\0" in path or path in ("", "."):
        raise DataError(f"clips.csv: clip {clip_id!r}: path {path!r} must be relative and stay below {raw}; correct it")
    return raw / path


def extract_each(paths: Sequence[Path], features: Features, *, jobs: int) -> Iterator[Extracted]:
    """Yield what each file gives, in order, from processes that may hang or crash without taking others along.

    A clip gets `SECONDS` and `features.max_seconds`, and memory for what these settings can need; one that exceeds
    them, or crashes the decoder twice, is quarantined.
    """
    # A worker's current folder need not be this process's.
    calls = [(path.absolute(), features) for path in paths]
    seconds = SECONDS + features.max_seconds
    limits: Any = {
        "seconds": seconds,
        "memory": memory(features.max_seconds, features.sr),
        "preload": modules(features),
    }
    results = workers.run(_extract, calls, jobs=joblib.effective_n_jobs(jobs), **limits)
    for (path, _), result in zip(calls, results, strict=True):
        if isinstance(result, workers.Lost):
            (sha256,) = workers.run(_sha256, [(path,)], jobs=1, **limits)
            sha256 = "" if isinstance(sha256, workers.Lost) else sha256
            result = Extracted(None, 0.0, 0.0, f"decoding {result.reason}", sha256)
        yield result


def memory(max_seconds: float, sr: int) -> int:
    """Return the bytes that a clip may need: the waveform as read, twice, and what features are made from, amply."""
    read = min(max_seconds * bounds.RATES[1], bounds.MAX_FRAMES)
    return 2 * workers.GIB + int(12 * read + 128 * max_seconds * sr)


def modules(features: Features) -> list[str]:
    """Return what the first clip would load; librosa compiles some of it when it is imported, for a second or so."""
    return [__name__, *LATE, registry.load("features", features.name).__name__]


def _extract(path: Path, features: Features) -> Extracted:
    sha256 = _sha256(path)
    try:
        frames, decoded = _frames(path, features)
    except DataError as error:
        return Extracted(None, 0.0, 0.0, str(error), sha256)
    whole = spectrum.long_term(decoded.y, features.sr)
    return Extracted(frames, decoded.seconds, decoded.offset, "", sha256, decoded.flags, decoded.sound, whole)


def _sha256(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > decoding.MAX_BYTES:
            return ""
        return fingerprint.sha256(path)
    except OSError:
        return ""


def _pack(
    clip_ids: pd.Series, results: Iterator[Extracted], n_bins: int, file: BinaryIO
) -> tuple[pd.DataFrame, np.ndarray]:
    """Write frames end to end as one `.npy`, float16 (total, n_bins), and return where each clip's lie, and spectra."""
    _header(file, (0, n_bins))
    begin, total, rows, spectra = file.tell(), 0, [], np.zeros((len(clip_ids), spectrum.BANDS), np.float32)
    for clip_id, result in zip(clip_ids, results, strict=True):
        n_frames = 0 if result.frames is None else len(result.frames)
        if result.frames is not None:
            file.write(np.ascontiguousarray(result.frames, dtype=np.float16).tobytes())
        status = "quarantined" if result.frames is None else "ok"
        told = problems.to_text(result.flags)
        times = round(result.seconds, 6), round(result.offset, 6)
        rows.append((clip_id, total, n_frames, *times, status, result.reason, result.sha256, told, result.sound))
        spectra[len(rows) - 1] = result.spectrum
        total += n_frames
    file.seek(0)
    _header(file, (total, n_bins))
    if file.tell() != begin:  # numpy leaves room for the first axis to grow
        raise RuntimeError(f"the header of {total} frames does not fit the room that numpy left for it")
    return pd.DataFrame(rows, columns=list(schemas.INDEX.columns)), spectra


def _header(file: BinaryIO, shape: tuple[int, int]) -> None:
    description = np.lib.format.dtype_to_descr(np.dtype(np.float16))
    np.lib.format.write_array_header_1_0(file, {"descr": description, "fortran_order": False, "shape": shape})


def _check_quarantined(index: pd.DataFrame, allowed: float, raw: Path) -> None:
    lost = index[index["status"] == "quarantined"]
    if len(lost) < len(index) and len(lost) <= allowed * len(index):
        return
    kinds = Counter(reason.split(":")[0] for reason in lost["reason"])
    counts = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(8))
    first = "\n".join(f"  {row.clip_id}: {row.reason}" for row in lost.head(5).itertuples())
    raise DataError(
        f"{raw}: {len(lost):,} of {len(index):,} clips cannot be read, expected at most {allowed:.1%} "
        f"(features.max_quarantined); {counts or 'there is no clip at all'}\n{first}\n"
        "Repair or remove these clips, or raise features.max_quarantined"
    )
