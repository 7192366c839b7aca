"""Which clips to hear first where no model can say: spread over the classes, and over how they sound.

Conventions: clips are rows. A clip's summary is the mean and the deviation of each band of its spectrogram.
"""

import numpy as np

from pipeline.explorer import sprites
from pipeline.files.frames import Frames
from pipeline.seeding import rng

MOST = 100  # of a class: more nobody hears before a first run


def summaries(features: Frames) -> np.ndarray:
    """Return float64 (n_clips, 2 * bands), each column of mean 0 and deviation 1; a NaN row where quarantined."""
    picture = sprites.pictures(features)
    found = [_summary(picture(features.clip(row).astype(np.float32))) for row in np.flatnonzero(features.ok).tolist()]
    width = len(found[0]) if found else 1
    result = np.full((len(features.ok), width), np.nan)
    if found:
        x = np.stack(found).astype(np.float64)
        deviation = x.std(axis=0)
        result[features.ok] = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return result


def _summary(frames: np.ndarray) -> np.ndarray:
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)])


def queue(x: np.ndarray, label: np.ndarray, verified: np.ndarray, seed: int) -> list[int]:
    """Return rows to hear, a class after the other by turns, at most `MOST` of each.

    Within a class the first is the most usual one; each next is the farthest from all before it and from those that
    are verified (farthest-first traversal: Gonzalez, Theor. Comput. Sci. 38, 1985).

    Args:
        x: float (n, d) from `summaries`; NaN rows cannot be heard.
        label: the given label of each, '' for none; those come last.
        verified: bool (n,): not asked about.
        seed: of the order of classes, and of equally far clips.
    """
    random, there = rng(seed, "start", "queue"), np.isfinite(x).all(axis=1)
    classes = sorted(set(label[~verified & there]) - {""})
    parts = [
        _spread(x, rows[~verified[rows]], rows[verified[rows]], random)
        for name in random.permutation(np.array(classes, dtype=object)).tolist()
        for rows in [np.flatnonzero(there & (label == name))]
    ]
    turns = [part[turn] for turn in range(MOST) for part in parts if turn < len(part)]
    bare = np.flatnonzero(there & (label == "") & ~verified)
    return [*turns, *_spread(x, bare, bare[:0], random)]


def _spread(x: np.ndarray, rows: np.ndarray, heard: np.ndarray, random: np.random.Generator) -> list[int]:
    rows = random.permutation(rows)
    if not len(rows):
        return []
    own = x[rows]
    if len(heard):
        far = np.min([_distance(own, x[row]) for row in heard.tolist()], axis=0)
    else:
        order = np.argsort(_distance(own, own.mean(axis=0)), kind="stable")
        rows, own = rows[order], own[order]
        far = np.full(len(rows), np.inf)  # of equally far ones the first is taken: the most usual
    taken: list[int] = []
    for _ in range(min(MOST, len(rows))):
        best = int(far.argmax())
        taken.append(int(rows[best]))
        far = np.minimum(far, _distance(own, own[best]))
        far[best] = -1
    return taken


def _distance(x: np.ndarray, point: np.ndarray) -> np.ndarray:
    distance: np.ndarray = ((x - point) ** 2).sum(axis=1)
    return distance
