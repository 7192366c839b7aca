"""A run that never ran: every artefact that the report reads, small, made up and of any number of classes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.corrections import store, verdicts
from pipeline.files import artifacts, formats
from pipeline.params.schema import Params
from pipeline.probs.pooling import combine
from pipeline.reporting.report import write_report
from pipeline.results.run import Run, read_run

NAMES = (
    "Acoustic_guitar Applause Bark Bass_drum Burping_or_eructation Bus Cello Chime Clarinet Computer_keyboard Cough "
    "Cowbell Double_bass Drawer_open_or_close Electric_piano Fart Finger_snapping Fireworks Flute Glockenspiel Gong "
    "Gunshot_or_gunfire Harmonica Hi-hat Keys_jangling Knock Laughter Meow Microwave_oven Oboe Saxophone Scissors "
    "Shatter Snare_drum Squeak Tambourine Tearing Telephone Trumpet Violin_or_fiddle Writing"
)
# A row of each sort: of a clip (by its number), of two, of a class (by its number), of a group.
PROBLEMS = (
    ("conflict", 1, 6, "verified as another class"),
    ("across_split", 2, 7, "training and test"),
    ("nearly_same", 9, 4, "92% of the fingerprint"),
    ("nearly_same", 4, 9, "92% of the fingerprint"),
    ("quarantined", 3, "", "not audio"),
    ("unlike_class", 12, "", "of 9 neighbours none is of its class"),
    ("clipped", 5, "", "3.1% of the samples at full scale"),
    ("clipped", 8, "", "2.0% of the samples at full scale"),
    ("header", 5, "", "says 22 frames, holds 22,050"),
    ("small_class", "", 0, "1 training clip"),
    ("large_group", "", "recorder-7", "61% of the clips of a class"),
)
DECIDED = ("verified", "promoted", "corrected", "left_out")
FOLDERS = ("clips", "features", "latents", "judged", "labels", "members", "ensemble", "projection", "audit")


@dataclass
class MadeUp:
    root: Path
    params: Params

    @property
    def at(self) -> dict[str, Path]:
        return {name: self.root / name for name in FOLDERS}

    def read(self) -> Run:
        return read_run(self.at, self.params)


def params(members=("small", "large"), methods=("tsne", "umap"), **report) -> Params:
    """Only the sections that the report reads."""
    base = {
        "seed": 0,
        "space": {"whiten": 4, "unit_length": True},
        "ensemble": {},
        "project": {method: {} for method in methods},
        "report": {"dpi": 60} | report,
    }
    whole = {
        name: Params.model_fields[name].annotation.model_validate(value)
        for name, value in base.items()
        if name != "seed"
    }
    return Params.model_construct(seed=0, members=dict.fromkeys(members), **whole)


def make(
    root,
    n=160,
    n_classes=12,
    n_families=2,
    members=("small", "large"),
    rounds=3,
    truth=True,
    test_labels=True,
    classes=None,
    dpi=60,
    feature_maps=16,
    quarantined=3,
    folds=(0, 0),
    judged=True,
    reviews=(),
    audit=PROBLEMS,
    licences=(),
) -> MadeUp:
    """Write a run of `n` clips, a quarter of them test clips; same arguments, same run.

    `reviews` are rows of a corrections file, with the columns that are not empty; `audit` rows of audit.csv, clips by
    number, of which those that there are not are left out; `licences` are those of the clips by turns.
    """
    random = np.random.default_rng(0)
    classes = classes or NAMES.split()[:n_classes]
    ids = [f"clip{i:04d}" for i in range(n)]
    real = random.permutation(np.arange(n) % len(classes))
    test = np.arange(n) % 4 == 3
    verified = (random.random(n) < 0.45) & ~test
    wrong = (random.random(n) < 0.3) & ~verified & ~test
    given = np.where(wrong, random.integers(len(classes), size=n), real)
    label, true = np.array(classes, object)[given], np.array(classes, object)[real]
    if not test_labels:
        label, true = np.where(test, "", label), np.where(test, "", true)
    clips = pd.DataFrame(
        {
            "clip_id": ids,
            "path": [f"audio/{i}.wav" for i in ids],
            "label": label,
            "verified": verified,
            "split": np.where(test, "test", "train"),
            "fold": np.where(test, -1, np.arange(n) % 5),
            "group": ids,
        }
    )
    if licences:
        clips = clips.assign(licence=[licences[i % len(licences)] for i in range(n)], uploader="")
    artifacts.write_clips(root / "clips", clips.assign(truth=true) if truth else clips, classes)
    _audit(root / "audit", audit, ids, classes)
    bad = np.zeros(n, bool)
    bad[[i for i in (3, 10, 21)[:quarantined] if i < n and n > 5]] = True
    _features(root / "features", ids, bad)
    _latents(root / "latents", ids, bad, random)
    heard = _probs(real, len(classes), bad | test | (not judged), np.random.default_rng(3))
    formats.write_array(root / "judged" / "network" / "probs.npy", heard)
    families = {f"family{g}": classes[g::n_families] for g in range(n_families)}
    said = pd.DataFrame([dict.fromkeys(store.COLUMNS, "") | row for row in reviews], columns=store.COLUMNS)
    _labels(root / "labels", clips, classes, real, bad, families, judged, said)
    for member, fold in zip(members, folds, strict=False):
        _member(root / "members" / member, clips, classes, real, bad, rounds, fold, random)
    parts = [np.load(root / "members" / member / "probs.npy") for member in members]
    formats.write_array(root / "ensemble" / "probs.npy", combine(parts, method="geometric"))
    seen = {"clips": 12, "accuracy": 0.8, "map": 0.9}
    unseen = {"clips": 0, "accuracy": np.nan, "map": np.nan}
    rows = [{"member": m, "fold": f} | (unseen if f is None else seen) for m, f in zip(members, folds, strict=False)]
    validation = pd.DataFrame(rows).astype({"fold": "Int64"})
    formats.write_table(root / "ensemble" / "validation.csv", validation)
    places = np.stack([np.cos(real * 6.28 / len(classes)), np.sin(real * 6.28 / len(classes))], 1)
    places = np.where(bad[:, None], np.nan, places + 0.15 * random.normal(size=(n, 2)))
    for method in ("tsne", "umap"):
        table = pd.DataFrame({"clip_id": ids, "x": places[:, 0], "y": places[:, 1]})
        formats.write_table(root / "projection" / f"{method}.csv", table)
    return MadeUp(root, params(members, dpi=dpi, feature_maps=feature_maps))


def _probs(real, k, bad, random):
    logits = random.normal(size=(len(real), k)) + 2.5 * np.eye(k)[real]
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.where(bad[:, None], np.nan, probs).astype(np.float32)


def _features(folder, ids, bad):
    frames = np.where(bad, 0, 4)
    index = pd.DataFrame(
        {"clip_id": ids, "start": np.cumsum(frames) - frames, "n_frames": frames, "seconds": frames / 2}
    )
    index["offset"] = 0.0
    index["status"] = np.where(bad, "quarantined", "ok")
    index["reason"] = np.where(bad, "holds no audio: 0 frames", "")
    formats.write_table(folder / "index.csv", index.assign(sha256="0" * 64, flags="", sound="0"))
    formats.write_array(folder / "frames.npy", np.zeros((frames.sum(), 8), np.float16))
    settings = {"kind": "mel", "n_bins": 8, "sr": 22050, "settings": {"hop_length": 512}}
    formats.write_json(folder / "features.json", settings)


def _latents(folder, ids, bad, random):
    points = np.random.default_rng(2).normal(size=(len(ids), 6)).astype(np.float32)
    formats.write_array(folder / "latents.npy", np.where(bad[:, None], np.float32(np.nan), points))
    shown = ids[: min(12, len(ids))]
    time, pitch = np.meshgrid(np.arange(48), np.arange(32), indexing="ij")
    clean = np.stack([np.sin(time / (3 + i) + pitch / 5) for i in range(len(shown))])
    pair = np.stack([clean + 0.3 * random.normal(size=clean.shape), clean]).astype(np.float32)
    formats.write_array(folder / "reconstructions.npy", pair)
    formats.write_table(folder / "reconstructions.csv", pd.DataFrame({"clip_id": shown}))
    epochs = np.arange(1, 13)
    history = pd.DataFrame({"epoch": epochs, "loss": 0.1 / epochs, "val_loss": 0.11 / epochs + 0.002})
    formats.write_table(folder / "history.csv", history)


def _labels(folder, clips, classes, real, bad, families, judged, table):
    """What is believed is mostly true; `judged` False is a run whose source gives no probabilities."""
    run_id = store.run_id(clips, classes)
    clips = verdicts.apply(clips.assign(label=clips["label"].where(clips["split"] == "train", "")), table)
    random = np.random.default_rng(1)
    n, k = len(clips), len(classes)
    train, verified = (clips["split"] == "train").to_numpy(), clips["verified"].to_numpy()
    known = clips["label"]
    given = pd.Index(classes).get_indexer(known)
    open_ = train & ~verified & ~bad
    heard = np.where(random.random(n) < 0.1, random.integers(k, size=n), real)
    logits = random.normal(size=(n, k)) + (1 + 6 * random.random((n, 1))) * np.eye(k)[heard]
    logits += 1.5 * np.eye(k)[given] * (given >= 0)[:, None]
    posterior = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    posterior[verified] = np.eye(k)[given[verified]]
    posterior[~train | bad | (not judged)] = np.nan
    belief = np.nan_to_num(posterior[np.arange(n), given])
    best = np.nan_to_num(posterior).argmax(axis=1)
    top = np.nan_to_num(posterior).max(axis=1)
    promoted = open_ & (belief > 0.6 if judged else random.random(n) < 0.5) & (given >= 0)
    corrected = open_ & (top > 0.5) & (best != given) & ~promoted
    outcome = np.select(
        [~train, verified, promoted, corrected], ["test", "verified", "promoted", "corrected"], "left_out"
    )
    target = np.where(corrected, np.array(classes, object)[best], np.where(verified | promoted, known, ""))
    probability = np.where(verified, 1.0, np.where(corrected, top, belief))
    of = {name: family for family, names in families.items() for name in names}
    labels = clips[["clip_id"]].assign(label=known, verified=verified, spread_label=known, confidence=0.7)
    labels = labels.assign(abstained=False, promoted=promoted, family=known.map(of).fillna(""))
    reason = np.select(
        [promoted, corrected, bad],
        ["its label is likely enough", "another label is much likelier", "quarantined"],
        "no label is likely enough",
    )
    labels = labels.assign(outcome=outcome, target=target, reason=np.where(train & ~verified, reason, ""))
    known = np.isfinite(posterior).all(axis=1)
    labels = labels.assign(probability=np.where(known, probability, np.nan), outside=np.where(known, 0.0, np.nan))
    labels = verdicts.record(labels, clips, table)
    artifacts.write_labels(folder, labels)
    formats.write_json(folder / "families.json", families)
    formats.write_json(folder / "run.json", {"run_id": run_id})
    store.write(folder / "corrections.csv", table)
    formats.write_array(folder / "posterior.npy", posterior.astype(np.float32))
    formats.write_table(folder / "promotion.csv", _promotion(labels, families))
    formats.write_table(folder / "calibration.csv", _calibration(judged))


def _audit(folder, problems, ids, classes):
    rows = []
    for problem, clip, other, detail in problems:
        if max((number for number in (clip, other) if isinstance(number, int)), default=0) < len(ids):
            named = ids if clip != "" else classes
            rows.append(
                (
                    problem,
                    ids[clip] if clip != "" else "",
                    named[other] if other in range(len(named)) else other,
                    detail,
                )
            )
    table = pd.DataFrame(rows, columns=["problem", "clip_id", "other", "detail"], dtype=str)
    formats.write_table(folder / "audit.csv", table)


def _promotion(labels, families):
    estimate = {"agreement": 0.55, "true_agreement": 0.8, "false_agreement": 0.1}
    estimate |= {"noise_rate": 0.31, "noise_low": 0.22, "noise_high": 0.4}
    estimate |= {"precision": 0.94, "precision_low": 0.88, "precision_high": 0.98}
    estimate |= {"outside": 0.06, "outside_low": 0.02, "outside_high": 0.11}
    rows = []
    for family in [*families, "all"]:
        inside = labels[(labels["family"] == family) if family != "all" else (labels["family"] != "")]
        counts = {name: int((inside["outcome"] == name).sum()) for name in DECIDED}
        percent = 100 * (counts["verified"] + counts["promoted"]) / max(len(inside), 1)
        row = {"family": family, "classes": len(families.get(family, _all(families))), "clips": len(inside), **counts}
        rows.append(row | {"trusted_percent": percent} | estimate)
    return pd.DataFrame(rows)


def _all(families):
    return [name for names in families.values() for name in names]


def _calibration(judged):
    low = np.arange(10) / 10
    clips = np.array([0, 2, 3, 4, 6, 8, 7, 9, 12, 21]) * judged
    predicted = np.where(clips > 0, low + 0.06, np.nan)
    table = pd.DataFrame({"low": low, "high": (low + 0.1).round(1), "clips": clips, "predicted": predicted})
    return table.assign(observed=np.clip(predicted - 0.05, 0, 1))


def _member(folder, clips, classes, real, bad, rounds, fold, random):
    formats.write_array(folder / "probs.npy", _probs(real, len(classes), bad, random))
    pool = clips[(clips["split"] == "train") & ~clips["verified"]]
    number = np.arange(1, rounds + 1)
    table = pd.DataFrame(
        {"round": number, "trusted": 60, "pseudo": 5 * (number - 1), "pool": 40, "lower": 0.35, "upper": 1.0}
    )
    table = table.assign(
        selected=np.minimum(5 * number, len(pool)),
        epochs=4,
        train_accuracy=0.9,
        val_accuracy=0.6 + 0.3 * random.random() * number / rounds,
    )
    unseen = ["val_accuracy"] if fold is None else []
    table[unseen] = np.nan
    formats.write_table(folder / "rounds.csv", table)
    steps = pd.DataFrame([(r, e) for r in number for e in range(1, 5)], columns=["round", "epoch"])
    fall = 1 / np.sqrt(np.arange(1, len(steps) + 1))
    steps = steps.assign(
        loss=2 * fall, accuracy=1 - 0.8 * fall, val_loss=2.2 * fall, val_accuracy=1 - 0.9 * fall, learning_rate=0.001
    )
    steps[["val_loss", "val_accuracy"] if fold is None else []] = np.nan
    formats.write_table(folder / "history.csv", steps)
    chosen = [pool.sample(min(len(pool), 5 * int(r)), random_state=int(r)).assign(round=r) for r in number]
    selections = pd.concat(chosen)[["round", "clip_id", "label"]].rename(columns={"label": "given"})
    selections = selections.assign(target=selections["given"], probability=0.8)
    formats.write_table(folder / "selections.csv", selections)
    maps = random.normal(size=(20, 32, 24)).astype(np.float32).cumsum(1)
    formats.write_array(folder / "feature_maps.npy", maps)
    card = {
        "feature_maps_clip": clips["clip_id"].iloc[0],
        "network": {"name": "vgg"},
        "parameters": 12345,
        "hold_out": fold,
    }
    formats.write_json(folder / "member.json", card)


@pytest.fixture
def make_run(tmp_path):
    """Make a run below the test's own folder."""
    return lambda **settings: make(tmp_path / "run", **settings)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run of 12 classes in two families and the folder of its report; not to be changed."""
    root = tmp_path_factory.mktemp("finished")
    made = make(root / "run")
    (root / "reports").mkdir()
    write_report(root / "reports", made.read(), made.params)
    return made, root / "reports"
