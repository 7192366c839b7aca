"""Problems planted in a real data set: how many the audit finds, what else it names, and what Datalab does.

ESC-10, all labels verified, is given copies of its clips (the same sound in another container; re-encoded at a lower
level; the same sound under another label), wrong labels, silent and clipped clips. `found` is the share of the planted
that is named, `others` how many clips or pairs are named that nobody planted (some of which are really there: two
clips of ESC-10 are one recording). Datalab of cleanlab is given the same description of each clip, and probabilities
from a logistic regression on it, cross-validated over groups.

Copies of training clips are also put among the test clips, and the accuracy of that regression is told with and
without them.

    python -m benchmarks.planted --seeds 0 1 2         # Datalab needs `pip install cleanlab[datalab]`
"""

import argparse
import contextlib
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.seeding import rng

SR = 22_050
EACH = 20  # of each kind that is planted
Planted = dict[str, set[Any]]


def main() -> None:
    """Measure, write the rows, print."""
    from pipeline.files import formats

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("../shared/data/esc10"), help="where ESC-10 lies")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/planted.csv"))
    at = parser.parse_args()
    rows = [row for seed in at.seeds for row in measured(at.root, seed)]
    formats.write_table(at.out, pd.DataFrame(rows))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {len(at.seeds)} draws")
    means = pd.DataFrame(rows).groupby(["kind", "by"], sort=False)[["planted", "found", "others"]].mean()
    print(means.round(2).to_string())


def measured(root: Path, seed: int) -> list[dict[str, Any]]:
    """Return the rows of one draw: `seed, kind, by, planted, found, others`."""
    from pipeline.audio import extraction
    from pipeline.audit import auditing, labels
    from pipeline.clips.dealing import Given
    from pipeline.files import formats, frames, problems
    from pipeline.params.data import Audit, Features

    features = Features.model_validate({"name": "mel", "sr": SR})
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clips, planted = plant(root, folder / "raw", seed)
        index = extraction.extract_all(clips, folder / "raw", features, jobs=-1, out=folder / "features")
        read = frames.read_features(folder / "features")
        spectra = formats.read_array(folder / "features" / "spectra.npy", shape=(len(clips), None), dtype="float32")
        audited = auditing.audit(
            clips,
            sorted(set(clips["label"])),
            read,
            spectra,
            folder / "raw",
            Given(split=True, folds=False),
            Audit(nearly_same=0.9, across_split="count"),
            n_folds=4,
            seed=seed,
            jobs=-1,
        )
        heard = np.flatnonzero(read.ok)
        summary = labels.scaled(np.array([labels.summaries(read.clip(int(row))) for row in heard]))
    assert len(index) == len(clips)
    named = audited.problems
    ours = {
        kind: {frozenset(p) for p in part[["clip_id", "other"]].itertuples(index=False)}
        for kind, part in named[named["problem"].isin(["same_sound", "nearly_same", "conflict"])].groupby("problem")
    }
    ours |= {
        kind: set(named.loc[named["problem"] == kind, "clip_id"])
        for kind in ("unlike_class", "silent", "clipped")
        if kind in problems.PROBLEMS
    }
    rows = [_row(seed, kind, "audit", planted[kind], ours.get(kind, set())) for kind in planted]
    rows += _datalab(seed, clips.iloc[heard].reset_index(drop=True), summary, planted)
    return [*rows, *_accuracy(seed, clips.iloc[heard].reset_index(drop=True), summary)]


def plant(root: Path, raw: Path, seed: int) -> tuple[pd.DataFrame, Planted]:
    """Write the clips below `raw`; return their table, and by kind the clips, or pairs, that are planted."""
    import soundfile

    from pipeline.audio import decoding

    table = pd.read_csv(root / "meta" / "esc50.csv", dtype=str)
    table = table[table["esc10"].str.lower() == "true"].reset_index(drop=True)
    random, n = rng(seed, "planted"), len(table)
    raw.mkdir(parents=True)
    sounds = [
        decoding.decode(root / "audio" / Path(name).with_suffix(".ogg"), sr=SR, max_seconds=30, trim_db=None).y
        for name in table["filename"]
    ]
    label, names = table["category"].to_numpy(dtype=object).copy(), sorted(set(table["category"]))
    parts = np.split(random.permutation(n)[: 6 * EACH], 6)
    same, near, torn, wrong, silent, clipped = parts
    for i in wrong:
        label[i] = str(random.choice([name for name in names if name != label[i]]))
    for i in silent:
        sounds[i] = np.zeros_like(sounds[i])
    for i in clipped:
        sounds[i] = np.clip(8 * sounds[i] / (np.abs(sounds[i]).max() or 1), -1, 1)
    ids = [f"c{i:03d}" for i in range(n)]
    rows = [
        (ids[i], f"{ids[i]}.wav", str(label[i]), "test" if fold == "1" else "train", str(table["src_file"][i]))
        for i, fold in enumerate(table["fold"])
    ]
    for i, sound in enumerate(sounds):
        soundfile.write(raw / rows[i][1], np.clip(sound, -1, 1), SR, subtype="PCM_16")
    planted: Planted = {"same_sound": set(), "nearly_same": set(), "conflict": set()}
    for kind, chosen in (("same_sound", same), ("nearly_same", near), ("conflict", torn)):
        for i in chosen:
            clip = f"{ids[i]}-{kind}"
            other = str(random.choice([name for name in names if name != label[i]]))
            ending = "mp3" if kind == "nearly_same" else "flac"
            y, _ = soundfile.read(raw / rows[i][1], dtype="float32")
            soundfile.write(raw / f"{clip}.{ending}", 0.5 * y if ending == "mp3" else y, SR, format=ending.upper())
            given = other if kind == "conflict" else str(label[i])
            rows.append((clip, f"{clip}.{ending}", given, "train" if kind == "conflict" else "test", clip))
            planted[kind].add(frozenset((ids[i], clip)))
            if kind == "conflict":
                planted["same_sound"].add(frozenset((ids[i], clip)))
                rows[i] = (*rows[i][:3], "train", rows[i][4])
    planted |= {
        kind: {ids[i] for i in chosen}
        for kind, chosen in (("unlike_class", wrong), ("silent", silent), ("clipped", clipped))
    }
    clips = pd.DataFrame(rows, columns=["clip_id", "path", "label", "split", "group"]).assign(verified=True)
    clips = clips.sort_values("clip_id", ignore_index=True)
    groups = clips["group"].where(clips["split"] == "train", "test " + clips["group"])
    fold = pd.factorize(groups)[0] % 4
    return clips.assign(group=groups, fold=np.where(clips["split"] == "train", fold, -1)), planted


def _row(seed: int, kind: str, by: str, planted: set[Any], named: set[Any]) -> dict[str, Any]:
    found = len(planted & named) / len(planted)
    return {
        "seed": seed,
        "kind": kind,
        "by": by,
        "planted": len(planted),
        "found": found,
        "others": len(named - planted),
    }


def _probabilities(clips: pd.DataFrame, summary: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    model = LogisticRegression(C=0.03, max_iter=1_000)
    found: np.ndarray = cross_val_predict(
        model, summary, clips["label"], groups=clips["group"], cv=GroupKFold(5), method="predict_proba"
    )
    return found


def _datalab(seed: int, clips: pd.DataFrame, summary: np.ndarray, planted: Planted) -> list[dict[str, Any]]:
    """Return Datalab's rows; none where it is not installed."""
    try:
        from cleanlab import Datalab
    except ImportError:
        return []
    lab = Datalab(data={"label": clips["label"].tolist()}, label_name="label", verbosity=0)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        lab.find_issues(pred_probs=_probabilities(clips, summary), features=summary)
    ids, rows = clips["clip_id"].tolist(), []
    near = lab.get_issues("near_duplicate")
    pairs = {
        frozenset((ids[i], ids[int(j)]))
        for i, (is_one, of) in enumerate(zip(near["is_near_duplicate_issue"], near["near_duplicate_sets"], strict=True))
        if is_one
        for j in of
    }
    # Silent clips are all alike, which is no fault of Datalab's.
    pairs = {pair for pair in pairs if not pair <= planted["silent"]}
    for kind in ("same_sound", "nearly_same", "conflict"):
        rows.append(_row(seed, kind, "Datalab: near duplicate", planted[kind], pairs))
    wrong = lab.get_issues("label")["is_label_issue"]
    rows.append(_row(seed, "unlike_class", "Datalab: label", planted["unlike_class"], set(clips["clip_id"][wrong])))
    odd = lab.get_issues("outlier")["is_outlier_issue"]
    for kind in ("silent", "clipped"):
        rows.append(_row(seed, kind, "Datalab: outlier", planted[kind], set(clips["clip_id"][odd])))
    return rows


def _accuracy(seed: int, clips: pd.DataFrame, summary: np.ndarray) -> list[dict[str, Any]]:
    """Return the accuracy on test clips with the planted copies of training clips, and without."""
    from sklearn.linear_model import LogisticRegression

    train = (clips["split"] == "train").to_numpy()
    model = LogisticRegression(C=0.03, max_iter=1_000).fit(summary[train], clips["label"][train])
    right = model.predict(summary) == clips["label"].to_numpy()
    copy = clips["clip_id"].str.contains("-").to_numpy()
    trained = clips["clip_id"].str.split("-").str[0].isin(clips.loc[train, "clip_id"]).to_numpy()
    told = {"with copies of training clips": ~train & (trained | ~copy), "without": ~train & ~copy}
    return [
        {
            "seed": seed,
            "kind": "test accuracy",
            "by": name,
            "planted": int(some.sum()),
            "found": float(right[some].mean()),
        }
        for name, some in told.items()
    ]


if __name__ == "__main__":
    main()
