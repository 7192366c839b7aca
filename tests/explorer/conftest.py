"""A run in memory: all that the explorer reads, made up."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.corrections.store import COLUMNS
from pipeline.explorer.write import write_explorer
from pipeline.files.frames import Frames
from pipeline.params.labels import Space
from pipeline.results.run import MemberRun, Run

CLASSES = ("Bark", "Bus", "Cello", "Gong", "Meow", "Oboe", "Rain")
AUDIT = [
    ("conflict", "clip00002", "clip00009", "as Bark and as Bus"),
    ("same_sound", "clip00001", "clip00002", ""),
    ("same_sound", "clip00002", "clip00001", ""),
    ("unlike_class", "clip00006", "Bark", "3 of 3 neighbours are Bus"),
    ("clipped", "clip00002", "", "3.1% of the samples at full scale"),
    ("small_class", "", "Rain", "2 clips"),
]
OUTCOMES = ("verified", "promoted", "corrected", "left_out", "reviewed", "test")


def probabilities(random, real, k, sharp=3.0):
    logits = random.normal(size=(len(real), k)) + sharp * np.eye(k)[real]
    probs = np.exp(logits)
    return (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)


def features(frames, ok, kind="mel", sr=22050, **settings):
    """`frames`: one float array (n_frames, n_bins) a clip; those that are not `ok` have none."""
    kept = [clip if good else clip[:0] for clip, good in zip(frames, ok, strict=True)]
    length = np.array([len(clip) for clip in kept])
    index = pd.DataFrame({"start": np.cumsum(length) - length, "n_frames": length})
    index = index.assign(clip_id=[f"clip{i:05d}" for i in range(len(ok))], seconds=length * 512 / sr + 0.5, offset=0.25)
    index = index.assign(
        status=np.where(ok, "ok", "quarantined"), reason=np.where(ok, "", "not audio"), sha256="0", flags="", sound="0"
    )
    packed = np.concatenate(kept).astype(np.float16)
    return Frames(packed, index, {"kind": kind, "sr": sr, "settings": {"hop_length": 512, **settings}})


def make(n=60, classes=CLASSES, members=("small", "large"), frames=None, seed=0):
    """Return a Run of `n` clips in all outcomes by turns; clip 7 is quarantined, and clip 3 was called unsure."""
    random, k, names = np.random.default_rng(seed), len(classes), np.array(classes, object)
    ids, rows = [f"clip{i:05d}" for i in range(n)], np.arange(n)
    outcome, real = np.array(OUTCOMES, object)[rows % len(OUTCOMES)], random.integers(k, size=n)
    test, ok = outcome == "test", rows != 7
    given = np.where(random.random(n) < 0.3, random.integers(k, size=n), real)
    in_force = np.isin(outcome, ["verified", "promoted", "reviewed"])
    answers = pd.DataFrame({"clip_id": ids, "path": [f"a b/{i}.ogg" for i in ids], "label": names[given]})
    answers = answers.assign(verified=outcome == "verified", split=np.where(test, "test", "train"), fold=0, group=ids)
    label = np.where(test, "", names[given])
    target = np.where(in_force, label, np.where(outcome == "corrected", names[real], ""))
    labels = pd.DataFrame({"clip_id": ids, "given": label, "label": label, "verified": rows % 6 % 4 == 0})
    labels = labels.assign(review=np.where(outcome == "reviewed", "accept", ""), spread_label=label, confidence=0.75)
    labels = labels.assign(abstained=test, promoted=outcome == "promoted", family=np.where(test, "", "all"))
    labels = labels.assign(outcome=outcome, target=target, probability=np.where(test, np.nan, 0.87654321), reason="x")
    labels["outside"] = np.where(test, np.nan, 0.0)
    labels.loc[3, "review"] = "unsure"
    blank = np.where(ok, 0, np.nan)[:, None].astype(np.float32)
    posterior = probabilities(random, given, k) + np.where(test, np.nan, blank[:, 0])[:, None].astype(np.float32)
    frames = frames or features([random.random((10, 8)) for _ in rows], ok)
    latents = random.normal(size=(n, 6)).astype(np.float32) + blank
    parts = [_member(name, random, answers, outcome, probabilities(random, real, k) + blank) for name in members]
    places = pd.DataFrame({"clip_id": ids, "x": 5 + 10 * random.random(n) + blank[:, 0], "y": random.random(n)})
    unused = dict.fromkeys(("promotion", "calibration", "history", "reconstructions", "validation"))
    return Run(
        answers=answers.assign(truth=names[real]),
        classes=list(classes),
        features=frames,
        latents=latents,
        labels=labels,
        families={"all": list(classes)},
        posterior=posterior,
        judged=np.where(test[:, None], np.nan, probabilities(random, real, k) + blank).astype(np.float32),
        reviews=pd.DataFrame([["clip00004", "Bark", "", "accept", "", "me", "0" * 12, "<b>"]], columns=COLUMNS),
        run_id="0123456789ab",
        reconstructed=[],
        members=parts,
        probs=np.mean([part.probs for part in parts], axis=0),
        maps={"tsne": places, "umap": places.assign(y=7.0)},
        audit=pd.DataFrame(AUDIT, columns=["problem", "clip_id", "other", "detail"]),
        **unused,
    )


def _member(name, random, answers, outcome, probs):
    pool = answers[outcome == "left_out"]
    chosen = [pool.sample(frac=0.3, random_state=random.integers(99)).assign(round=float(r)) for r in (1, 2)]
    table = pd.concat(chosen)[["round", "clip_id", "label"]].rename(columns={"label": "given"})
    table = table.assign(target=table["given"], probability=0.81234)
    return MemberRun(name, probs, *[pd.DataFrame()] * 2, table, np.empty((0, 0, 0)), {})


def params(title="A run", share=0.25, seed=0):
    return SimpleNamespace(
        seed=seed,
        space=Space(whiten=4, unit_length=True),
        report=SimpleNamespace(title=title, hidden_verified=share),
    )


def read(folder):
    """What the page sees."""
    text = (folder / "data.js").read_text(encoding="utf-8")
    assert text.startswith("window.EARMARK_DATA = ")
    assert text.endswith(";\n")
    assert text.count("\n") == 1
    return json.loads(text.removeprefix("window.EARMARK_DATA = ").removesuffix(";\n"))


@pytest.fixture(scope="session")
def made_up():
    """What tests make runs with."""
    return SimpleNamespace(make=make, features=features, params=params, read=read, classes=CLASSES)


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A run, the folder of its explorer and what the page sees; not to be changed."""
    run, folder = make(), tmp_path_factory.mktemp("written") / "explorer"
    write_explorer(folder, run, params())
    return run, folder, read(folder)
