"""Pictures of clips as sound: small spectrograms, a hundred a file.

Conventions: a tile is uint8 (HEIGHT, WIDTH), time to the right, high pitch on top, 255 the loudest; it covers the
clip's whole length. Tile t is in file t // 100, at column t % 10 and row t % 100 // 10.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image
from scipy.fft import idct

from pipeline.files.frames import Frames
from pipeline.plugins.features import mel

WIDTH, HEIGHT, COLUMNS, ROWS = 128, 64, 10, 10
# Of WebP: about 1 kB a tile of real sound, so that 10,000 clips stay within 12 MB.
QUALITY = 45
_MEL_BANDS = 64


def write_sprites(folder: Path, features: Frames) -> tuple[np.ndarray, int]:
    """Write `NNN.webp` into `folder`; return int (n_clips,) tile of each clip (-1: quarantined) and how many files."""
    picture, rows = pictures(features), np.flatnonzero(features.ok)
    tiles = np.full(len(features.ok), -1)
    tiles[rows] = np.arange(len(rows))
    folder.mkdir(parents=True)
    colours = matplotlib.colormaps["magma"](np.arange(256), bytes=True)[:, :3]
    a_file = COLUMNS * ROWS
    for number, first in enumerate(range(0, len(rows), a_file)):
        sheet = np.zeros((ROWS * HEIGHT, COLUMNS * WIDTH), dtype=np.uint8)
        for place, row in enumerate(rows[first : first + a_file]):
            y, x = place // COLUMNS * HEIGHT, place % COLUMNS * WIDTH
            sheet[y : y + HEIGHT, x : x + WIDTH] = tile(picture(features.clip(int(row)).astype(np.float32)))
        Image.fromarray(colours[sheet]).save(folder / f"{number:03d}.webp", quality=QUALITY, method=4)
    return tiles, -(-len(rows) // a_file)


def tile(frames: np.ndarray) -> np.ndarray:
    """Return uint8 (HEIGHT, WIDTH) of float32 (n_frames, n_bins) within [0, 1]: means where it shrinks."""
    picture = Image.fromarray(np.ascontiguousarray(frames.T[::-1]))
    small = np.asarray(picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX))
    return np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)


def pictures(features: Frames) -> Callable[[np.ndarray], np.ndarray]:
    """Return what turns a clip's frames into (n_frames, n_bins) within [0, 1], 0 silence, higher bins higher."""
    kind, sr, settings = (features.settings[name] for name in ("kind", "sr", "settings"))
    if kind == "mfcc":
        bands = settings["n_mels"]
        return lambda frames: idct(frames, type=2, norm="ortho", axis=1, n=bands) * np.sqrt(bands)
    if kind == "waveform":
        n_fft = 2 ** round(np.log2(sr / 20))  # windows of about 50 ms, in which each mel band has a bin of its own
        shape = {"n_fft": n_fft, "hop_length": n_fft // 2, "n_mels": _MEL_BANDS, "fmin": 20.0, "fmax": None}
        return lambda frames: mel.extract(frames.reshape(-1), sr, **shape)
    return lambda frames: frames
