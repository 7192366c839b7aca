"""Audio files spoilt by the thousand: each is to be read as what it holds, or refused with a reason.

    python -m benchmarks.fuzz --mutants 10000

Short clips in all formats are spoilt at random (bits flipped, headers rewritten, cut, lengthened, pieces lost, doubled
or taken from another format) and decoded by the workers that the pipeline uses. A wrong row is one that looks right
and is not: samples or frames that are not finite, a clip longer than it can be, or one that lost a part of itself and
does not say so. Mutant i of a seed is always the same, but for the serial number that libsndfile draws for an Ogg.
"""

import argparse
import io
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile

from benchmarks.fuzz_specimens import by_ffmpeg, by_soundfile
from pipeline.audio import decoding, extraction, mixing
from pipeline.compute import workers
from pipeline.errors import DataError
from pipeline.files import formats
from pipeline.params import registry
from pipeline.params.data import Features
from pipeline.seeding import rng

SR, SECONDS, MAX_SECONDS = 16_000, 0.7, 2.0
FORMATS: dict[str, dict[str, Any]] = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "wav-8": {"format": "WAV", "subtype": "PCM_U8", "channels": 2},
    "wav-24": {"format": "WAV", "subtype": "PCM_24"},
    "wav-float": {"format": "WAV", "subtype": "FLOAT"},
    "wav-adpcm": {"format": "WAV", "subtype": "IMA_ADPCM"},
    "rf64": {"format": "RF64", "subtype": "PCM_16"},
    "aiff": {"format": "AIFF", "subtype": "PCM_16"},
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
    "flac-24": {"format": "FLAC", "subtype": "PCM_24", "channels": 2},
    "ogg": {"format": "OGG", "subtype": "VORBIS"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.6},
    "mp3-vbr": {"format": "MP3", "bitrate_mode": "VARIABLE", "compression_level": 0.6, "channels": 2},
    "w64": {"format": "W64", "subtype": "PCM_16"},
    "caf": {"format": "CAF", "subtype": "PCM_16"},
    "au": {"format": "AU", "subtype": "PCM_16"},
    # From here on by FFmpeg.
    "m4a": {"container": "ipod", "codec": "aac"},
    "m4a-alac": {"container": "ipod", "codec": "alac"},
    "mp4-index-first": {"container": "mp4", "codec": "aac", "channels": 2, "movflags": "faststart"},
    "aac": {"container": "adts", "codec": "aac"},
    "webm": {"container": "webm", "codec": "libopus"},
    "webm-live": {"container": "webm", "codec": "libopus", "live": "1"},
    "mkv-flac": {"container": "matroska", "codec": "flac"},
    "ogg-flac": {"container": "ogg", "codec": "flac"},
    "mp3-lame": {"container": "mp3", "codec": "libmp3lame"},
    "caf-alac": {"container": "caf", "codec": "alac"},
    "wma": {"container": "asf", "codec": "wmav2"},
    "wav-ms": {"container": "wav", "codec": "adpcm_ms"},
    "mov": {"container": "mov", "codec": "pcm_s16le"},
    "amr": {"container": "amr", "codec": "libopencore_amrnb"},
    "tta": {"container": "tta", "codec": "tta"},
    "wavpack": {"container": "wv", "codec": "wavpack"},
    "avi": {"container": "avi", "codec": "pcm_s16le"},
}
CHECKED = ("flac", "flac-24", "ogg", "opus")  # their frames carry checksums: what is read has to be what was written
SHORTER = {"wma": 0.028}  # s; FFmpeg's decoder leaves out a pause that its encoder does not put in front
UNTOLD = ("amr", "aac", "webm-live")  # streams without a length: cut between two frames, they are whole
LIMITS = {"seconds": 20.0, "memory": 2 * workers.GIB}
EXTREMES = (0, 1, 0x7F, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@dataclass(frozen=True)
class Mutant:
    """A spoilt file. `intact`: its header was left alone, so what is missing has to be noticed."""

    specimen: str
    how: str
    content: bytes
    intact: bool


@cache
def specimens() -> dict[str, bytes]:
    """Return a clip of `SECONDS`, a tone in noise, as a file of each format."""
    random, n = rng(0, "fuzz", "specimen"), round(SR * SECONDS)
    y = 0.3 * np.sin(2 * np.pi * 440 * np.arange(n) / SR) + 0.05 * random.normal(size=n)
    found = {}
    for name, settings in FORMATS.items():
        write = by_ffmpeg if "container" in settings else by_soundfile
        found[name] = write(y, SR, **settings)
    return found


def mutant(index: int, seed: int) -> Mutant:
    """Return mutant `index` of a seed; formats come in turn."""
    files, random = specimens(), rng(seed, "fuzz", index)
    names = list(files)
    name, how = names[index % len(names)], list(_MUTATIONS)[int(random.integers(len(_MUTATIONS)))]
    other = files[names[int(random.integers(len(names)))]]
    content = _MUTATIONS[how](bytearray(files[name]), random, other)
    return Mutant(name, how, bytes(content), how in ("flipped late", "cut") and name not in UNTOLD)


def _flip(content: bytearray, random: np.random.Generator, first: int, last: int) -> bytearray:
    for place in random.integers(first, last, random.integers(1, 17)):
        content[place] ^= 1 << int(random.integers(8))
    return content


def _rewrite(content: bytearray, random: np.random.Generator) -> bytearray:
    """Put extreme numbers into the header, of 1, 2 or 4 bytes, in either order."""
    for place in random.integers(0, 120, random.integers(1, 4)):
        width = int(random.choice([1, 2, 4]))
        value = int(random.choice(EXTREMES)) % 256**width
        content[place : place + width] = value.to_bytes(width, "little" if random.random() < 0.5 else "big")
    return content


def _piece(content: bytearray, random: np.random.Generator) -> slice:
    first, last = sorted(int(place) for place in random.integers(0, len(content), 2))
    return slice(first, last + 1)


def _lose(content: bytearray, random: np.random.Generator) -> bytearray:
    del content[_piece(content, random)]
    return content


def _double(content: bytearray, random: np.random.Generator) -> bytearray:
    piece = _piece(content, random)
    content[piece.start : piece.start] = content[piece]
    return content


def _splice(content: bytearray, random: np.random.Generator, other: bytes) -> bytearray:
    place = int(random.integers(4, 400))
    return content[:place] + other[int(random.integers(len(other))) :]


_MUTATIONS: dict[str, Any] = {
    "flipped": lambda c, r, o: _flip(c, r, 0, len(c)),
    "flipped early": lambda c, r, o: _flip(c, r, 0, 120),
    "flipped late": lambda c, r, o: _flip(c, r, len(c) // 2, len(c)),
    "rewritten": lambda c, r, o: _rewrite(c, r),
    "cut": lambda c, r, o: c[: int(r.integers(len(c)))],
    "lengthened": lambda c, r, o: c + r.bytes(int(r.integers(1, 5_000))),
    "piece lost": lambda c, r, o: _lose(c, r),
    "piece doubled": lambda c, r, o: _double(c, r),
    "spliced": _splice,
}


def tried(index: int, seed: int, folder: str) -> tuple[str, str, str, str]:
    """Return a mutant's specimen, how it was spoilt, and what `judge` says."""
    one = mutant(index, seed)
    return one.specimen, one.how, *judge(one, folder)


def judge(mutant: Mutant, folder: str) -> tuple[str, str]:
    """Return what became of a mutant: ("accepted", ""), ("refused", kind of reason) or ("wrong", what is)."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(mutant.content)
        file.flush()
        try:
            clip = decoding.decode(file.name, sr=SR, max_seconds=MAX_SECONDS, trim_db=None)
        except DataError as error:
            return ("refused", str(error).split(":")[0]) if str(error) else ("wrong", "no reason")
        except Exception as error:
            return "wrong", f"raised {error!r}"
    what = _wrong(clip, mutant)
    return ("wrong", f"{mutant.specimen}, {mutant.how}: {what}") if what else ("accepted", "")


def _wrong(clip: decoding.Decoded, mutant: Mutant) -> str:
    """Return what is wrong with a clip that was accepted, or nothing."""
    y = clip.y
    if y.dtype != np.float32 or y.ndim != 1 or not len(y):
        return f"{y.dtype} of shape {y.shape}"
    if not np.isfinite(y).all() or np.abs(y).max() > 2 * mixing.LOUDEST:
        return f"samples up to {np.abs(y).max():.3g}"
    if not 0 < clip.seconds <= MAX_SECONDS or abs(len(y) - clip.seconds * SR) > 1:
        return f"{clip.seconds:.3f} s in {len(y)} samples"
    frames = registry.function("features", "mel")(y, SR, n_fft=512, hop_length=256, n_mels=32, fmin=20, fmax=8000)
    if not np.isfinite(frames).all() or frames.min() < 0 or frames.max() > 1:
        return "frames out of range"
    if (
        mutant.intact
        and "header" not in clip.flags
        and clip.seconds < (SECONDS - SHORTER.get(mutant.specimen, 0)) * 0.99
    ):
        return f"{clip.seconds:.3f} of {SECONDS} s"
    if mutant.intact and mutant.specimen in CHECKED and not _as_written(y, mutant.specimen):
        return "other samples than were written"
    return ""


def _as_written(y: np.ndarray, name: str) -> bool:
    whole, rate = soundfile.read(io.BytesIO(specimens()[name]), dtype="float32", always_2d=True)
    assert rate == SR
    return len(y) == len(whole) and bool(np.abs(y - whole.mean(axis=1)).max() < 1e-4)


def fuzz(number: int, *, seed: int, jobs: int) -> pd.DataFrame:
    """Return a row a mutant: specimen, how, result (accepted, refused, wrong; lost: no answer), reason."""
    with tempfile.TemporaryDirectory() as folder:
        calls = [(index, seed, folder) for index in range(number)]
        preload = [__name__, *extraction.modules(Features(name="mel"))]
        results = workers.run(tried, calls, jobs=jobs, seconds=20, memory=2 * workers.GIB, preload=preload)
        rows = [
            (mutant(i, seed).specimen, mutant(i, seed).how, "lost", row.reason)
            if isinstance(row, workers.Lost)
            else row
            for i, row in enumerate(results)
        ]
    return pd.DataFrame(rows, columns=["specimen", "how", "result", "reason"])


def _lost(index: int, seed: int, lost: workers.Lost) -> tuple[str, str, str, str]:
    one = mutant(index, seed)
    return one.specimen, one.how, "lost", lost.reason


def main() -> None:
    """Spoil and decode, print what came of it and write the counts to `--out`; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/fuzz.csv"))
    arguments = parser.parse_args()
    begin = time.perf_counter()
    table = fuzz(arguments.mutants, seed=arguments.seed, jobs=arguments.jobs)
    counts = table["result"].value_counts().reindex(["accepted", "refused", "wrong", "lost"], fill_value=0)
    print(", ".join(f"{result} {n:,}" for result, n in counts.items()), f"in {time.perf_counter() - begin:.0f} s")
    print(
        "refused as:",
        ", ".join(f"{k} {n:,}" for k, n in table.query("result == 'refused'")["reason"].value_counts().items()),
    )
    bad = table[table["result"].isin(["wrong", "lost"])]
    print(bad.to_string() if len(bad) else "no wrong row, no worker lost")
    columns = ["specimen", "how", "result", "reason"]
    formats.write_table(arguments.out, table.groupby(columns).size().rename("mutants").reset_index())
    sys.exit(1 if len(bad) else 0)


if __name__ == "__main__":
    main()
