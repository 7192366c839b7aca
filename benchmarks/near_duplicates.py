"""Of copies that were re-encoded, cut, gained, shifted or mixed with noise, how many are found.

Clips of a real data set are altered and put beside the originals, one alteration at a time; then the pairs are looked
for as the stage `audit` does. `found` is the share of the copies that are paired with their original. `others` counts
the pairs among the originals, which nobody planted: false alarms, but for recordings that really are in the set twice;
`--show` lists them.

    python -m benchmarks.near_duplicates --data esc10 fsdd an4 speech_commands
"""

import argparse
import io
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from pipeline.seeding import rng

SR = 22_050
ENDINGS = {"esc10": "*.ogg", "fsdd": "*.wav", "an4": "*.flac", "speech_commands": "*.flac"}
Alteration = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def recoded(container: str, codec: str, rate: int) -> Alteration:
    """Return what encodes at `rate` bits a second and decodes again."""

    def alter(y: np.ndarray, random: np.random.Generator) -> np.ndarray:
        import av
        import librosa

        file = io.BytesIO()
        with av.open(file, "w", format=container) as out:
            stream: Any = out.add_stream(codec, rate=48_000 if codec == "libopus" else SR, layout="mono")
            stream.bit_rate = rate
            given = librosa.resample(y, orig_sr=SR, target_sr=stream.rate)
            frame = av.AudioFrame.from_ndarray(given[np.newaxis].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate = stream.rate
            resampler = av.AudioResampler(stream.format, "mono", stream.rate, frame_size=stream.frame_size or 1024)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(stream.encode(part))
            out.mux(stream.encode(None))
        file.seek(0)
        with av.open(file) as back:
            parts = [f.to_ndarray().reshape(-1) for f in _floats(back)]
        return librosa.resample(np.concatenate(parts), orig_sr=stream.rate, target_sr=SR)

    return alter


def _floats(back: Any) -> Iterator[Any]:
    import av

    to = av.AudioResampler("fltp", "mono")
    for frame in back.decode(audio=0):
        yield from to.resample(frame)


def noisy(decibels: float) -> Alteration:
    """Return what adds white noise, the sound `decibels` above it."""

    def alter(y: np.ndarray, random: np.random.Generator) -> np.ndarray:
        level = np.sqrt(np.mean(y**2)) * 10 ** (-decibels / 20)
        return y + random.normal(scale=level or 1e-6, size=len(y))

    return alter


def all_at_once(y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Cut a tenth, halve the level, add noise at 20 dB, encode as MP3."""
    return ALTERATIONS["mp3 64k"](noisy(20)(0.5 * y[len(y) // 10 :], random), random)


ALTERATIONS: dict[str, Alteration] = {
    "mp3 64k": recoded("mp3", "libmp3lame", 64_000),
    "mp3 32k": recoded("mp3", "libmp3lame", 32_000),
    "aac 48k": recoded("adts", "aac", 48_000),
    "opus 24k": recoded("ogg", "libopus", 24_000),
    "12 dB softer": lambda y, _: 0.25 * y,
    "first tenth cut": lambda y, _: y[len(y) // 10 :],
    "last tenth cut": lambda y, _: y[: -max(1, len(y) // 10)],
    "137 ms later": lambda y, _: np.concatenate([np.zeros(int(0.137 * SR)), y]),
    "noise at 20 dB": noisy(20),
    "noise at 10 dB": noisy(10),
    "all at once": all_at_once,
}


def rows_of(name: str, folder: Path, clips: int, copies: int, seed: int, least: float, show: bool) -> Iterator[dict]:
    """Yield the originals' row, then one an alteration."""
    import soundfile

    from pipeline.audio import extraction
    from pipeline.audit import pairs
    from pipeline.files import problems
    from pipeline.params.data import Features

    random = rng(seed, "near duplicates", name)
    listed = sorted(folder.rglob(ENDINGS[name]))
    originals = [listed[i] for i in sorted(random.permutation(len(listed))[:clips])]
    features = Features.model_validate({"name": "mel", "sr": SR})

    def looked_at(paths: list[Path]) -> tuple[np.ndarray, pd.DataFrame]:
        results = list(extraction.extract_each(paths, features, jobs=-1))
        index = pd.DataFrame({"status": ["ok" if r.frames is not None else "quarantined" for r in results]})
        index = index.assign(flags=[problems.to_text(r.flags) for r in results], sound=[r.sound for r in results])
        return np.array([r.spectrum for r in results]), index

    spectra, index = looked_at(originals)
    known = pairs.find(index, spectra, originals, least=least, jobs=-1)
    if show:
        for a, b, alike in zip(known["a"].tolist(), known["b"].tolist(), known["likeness"], strict=True):
            print(f"  {originals[a].name}  {originals[b].name}  {alike:.3f}", flush=True)
    common = {"data": name, "clips": len(originals), "least": least}
    yield common | {"alteration": "none", "copies": 0, "found": np.nan, "others": len(known)}
    for alteration, alter in ALTERATIONS.items():
        chosen = random.permutation(len(originals))[:copies]
        with tempfile.TemporaryDirectory() as scratch:
            made = [Path(scratch) / f"{i}.wav" for i in chosen]
            for row, path in zip(chosen, made, strict=True):
                y = _read(originals[row])
                soundfile.write(path, np.clip(alter(y, random), -1, 1), SR, subtype="PCM_16")
            extra, more = looked_at(made)
            n = len(originals)
            both = pairs.find(
                pd.concat([index, more], ignore_index=True),
                np.concatenate([spectra, extra]),
                [*originals, *made],
                least=least,
                jobs=-1,
            )
            got = set(zip(both["a"].tolist(), both["b"].tolist(), strict=True))
        found = np.mean([(int(row), n + i) in got for i, row in enumerate(chosen)])
        wrong = sum(a < n <= b and a != chosen[b - n] for a, b in got)
        yield common | {"alteration": alteration, "copies": len(chosen), "found": found, "others": wrong}


def _read(path: Path) -> np.ndarray:
    from pipeline.audio import decoding

    return decoding.decode(path, sr=SR, max_seconds=30, trim_db=None).y.astype(np.float64)


def main() -> None:
    """Measure, append to the rows, print."""
    from pipeline.audit.pairs import LEAST
    from pipeline.files import formats

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(ENDINGS), choices=list(ENDINGS))
    parser.add_argument("--root", type=Path, default=Path("../shared/data"), help="the folder that holds them")
    parser.add_argument("--clips", type=int, default=1_000, help="originals, at most")
    parser.add_argument("--copies", type=int, default=100, help="of each alteration")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--least", type=float, default=LEAST, help="likeness from which two sounds are nearly the same")
    parser.add_argument("--show", action="store_true", help="list the pairs among the originals")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/near_duplicates.csv"))
    at = parser.parse_args()
    rows: list[dict] = []
    for name in at.data:
        for row in rows_of(name, at.root / name, at.clips, at.copies, at.seed, at.least, at.show):
            rows.append(row)
            print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    formats.write_table(at.out, pd.DataFrame(rows))
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, joblib {joblib.cpu_count()}")
    table = pd.DataFrame(rows).pivot_table("found", "alteration", "data", sort=False)
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
