"""A run of any number of clips, made up: what the explorer shows of a large data set, without having trained on one.

Its pictures are as rough, and so as large, as those of real sound: about 1 kB a clip (ESC-10's median is 1.0).
"""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.corrections.store import COLUMNS
from pipeline.files import schemas
from pipeline.files.frames import Frames
from pipeline.results.run import MemberRun, Run

CLASSES = tuple(f"A_class_with_a_name_{i:02d}" for i in range(41))
FAMILIES = {"music": list(CLASSES[:19]), "others": list(CLASSES[19:])}
MEMBERS = ("one", "two", "three")
# As in FSDKaggle2018 after a run: what became of the clips, and in which share.
OUTCOMES = {"verified": 0.33, "promoted": 0.25, "corrected": 0.1, "left_out": 0.18, "test": 0.14}
LATENTS, FRAMES, BINS, KINDS = 32, 128, 64, 150


def make(n: int, seed: int = 0) -> Run:
    """Return a run of `n` clips; the same seed gives the same run."""
    random, k = np.random.default_rng(seed), len(CLASSES)
    names, real = np.array(CLASSES, object), random.integers(k, size=n)
    given = np.where(random.random(n) < 0.3, random.integers(k, size=n), real)
    outcome = random.choice(list(OUTCOMES), size=n, p=list(OUTCOMES.values())).astype(object)
    test = outcome == "test"
    ids = [f"{i:08x}" for i in np.sort(random.choice(2**32, size=n, replace=False))]
    answers = pd.DataFrame({"clip_id": ids, "path": [f"audio_train/{name}.wav" for name in ids]})
    answers = answers.assign(label=names[given], verified=outcome == "verified", group=ids, truth=names[real])
    answers = answers.assign(split=np.where(test, "test", "train"), fold=np.where(test, -1, 0))
    parts = [_member(name, random, answers, outcome, real) for name in MEMBERS]
    centres = random.normal(size=(k, LATENTS))
    unused: dict[str, Any] = dict.fromkeys(("promotion", "calibration", "history", "reconstructions", "validation"))
    return Run(
        answers=answers,
        classes=list(CLASSES),
        features=_features(ids, random),
        latents=(centres[real] + random.normal(size=(n, LATENTS))).astype(np.float32),
        labels=_labels(answers, outcome, names[real], random),
        families=FAMILIES,
        posterior=_blank(_probs(given, random), test),
        judged=_blank(_probs(real, random), test),
        reviews=pd.DataFrame(columns=COLUMNS),
        audit=pd.DataFrame(columns=list(schemas.AUDIT.columns)),
        run_id="0123456789ab",
        reconstructed=[],
        members=parts,
        probs=np.mean([part.probs for part in parts], axis=0),
        maps={method: _map(ids, real, random) for method in ("tsne", "umap")},
        **unused,
    )


def _probs(real: np.ndarray, random: np.random.Generator) -> np.ndarray:
    logits = random.normal(size=(len(real), len(CLASSES))) + 4 * np.eye(len(CLASSES))[real]
    probs: np.ndarray = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return probs.astype(np.float32)


def _blank(probs: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.where(rows[:, np.newaxis], np.float32(np.nan), probs)


def _labels(answers: pd.DataFrame, outcome: np.ndarray, real: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    test = outcome == "test"
    given = np.where(test, "", answers["label"])
    target = np.where(np.isin(outcome, ["verified", "promoted"]), given, np.where(outcome == "corrected", real, ""))
    family = {name: family for family, names in FAMILIES.items() for name in names}
    labels = pd.DataFrame({"clip_id": answers["clip_id"], "given": given, "label": given, "target": target})
    labels = labels.assign(verified=answers["verified"], promoted=outcome == "promoted", outcome=outcome, review="")
    labels = labels.assign(family=[family.get(name, "") for name in given], spread_label=given, abstained=test)
    labels = labels.assign(confidence=random.random(len(labels)), reason="no label is likely enough: the best has 0.41")
    return labels.assign(probability=np.where(test, np.nan, random.random(len(labels))), outside=0.0)


def _member(
    name: str, random: np.random.Generator, answers: pd.DataFrame, outcome: np.ndarray, real: np.ndarray
) -> MemberRun:
    pool = answers[outcome == "left_out"]
    chosen = [pool.sample(frac=0.3, random_state=int(random.integers(99))).assign(round=r) for r in (1, 2, 3)]
    table = pd.concat(chosen)[["round", "clip_id", "label"]].rename(columns={"label": "given"})
    table = table.assign(target=table["given"], probability=0.8)
    empty = pd.DataFrame()
    return MemberRun(name, _probs(real, random), empty, empty, table, np.empty((0, 0, 0)), {})


def _map(ids: list[str], real: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """Clusters, some long and some that touch, and a haze of clips that belong to none."""
    centres, wide = random.normal(size=(len(CLASSES), 2)) * 4, random.uniform(0.1, 0.6, size=(len(CLASSES), 2))
    places = centres[real] + random.normal(size=(len(ids), 2)) * wide[real]
    haze = random.random(len(ids)) < 0.1
    places[haze] = random.normal(size=(int(haze.sum()), 2)) * 4
    return pd.DataFrame({"clip_id": ids, "x": places[:, 0], "y": places[:, 1]})


def _features(ids: list[str], random: np.random.Generator) -> Frames:
    """A slope, some bursts, and ripple; a few kinds, over and over."""
    time, pitch = np.linspace(0, 1, FRAMES)[:, np.newaxis], np.linspace(1, 0, BINS)[np.newaxis, :]
    frames = np.empty((KINDS, FRAMES, BINS), dtype=np.float16)
    for kind in range(KINDS):
        bursts = np.clip(np.sin(2 * np.pi * random.integers(1, 9) * (time + random.random())) * 4, 0, 1)
        level = random.random() * pitch + (1 - random.random() * bursts)
        frames[kind] = np.clip(0.5 * level + 0.035 * random.normal(size=(FRAMES, BINS)), 0, 1)
    index = pd.DataFrame({"clip_id": ids, "start": np.arange(len(ids)) % KINDS * FRAMES, "n_frames": FRAMES})
    index = index.assign(seconds=3.2, offset=0.1, status="ok", reason="", sha256="0" * 64)
    settings = {"kind": "mel", "sr": 22050, "settings": {"hop_length": 512}}
    return Frames(frames.reshape(-1, BINS), index, settings)
