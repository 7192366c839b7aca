"""Everything that a run left on disk and that the report shows, read once and checked.

Conventions: tables and arrays have one row a clip in the order of clips.csv; an unknown number is NaN. The answers
(truth and test labels) are part of it: what is here goes into the report and nowhere else.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.corrections import store
from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats, frames, schemas
from pipeline.files.frames import Frames
from pipeline.params.schema import Params
from pipeline.results import audit

ROUNDS = ["round", "trusted", "pseudo", "pool", "lower", "upper", "selected", "epochs"]
ROUNDS += ["train_accuracy", "val_accuracy"]
PROMOTION = ["classes", "clips", "verified", "promoted", "corrected", "left_out", "trusted_percent"]
PROMOTION += ["agreement", "true_agreement", "false_agreement", "noise_rate", "noise_low", "noise_high"]
PROMOTION += ["precision", "precision_low", "precision_high", "outside", "outside_low", "outside_high"]
CALIBRATION = ["low", "high", "clips", "predicted", "observed"]


@dataclass(frozen=True)
class MemberRun:
    """One member: its tables, `probs` float32 (n_clips, n_classes), `feature_maps` float32 (k, frames, bins)."""

    name: str
    probs: np.ndarray
    rounds: pd.DataFrame
    history: pd.DataFrame
    selections: pd.DataFrame
    feature_maps: np.ndarray
    card: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        answers: clips.csv with truth and test labels.
        classes: class names in column order.
        features: frames and index (status, reason).
        latents: float32 (n_clips, d), NaN row where quarantined.
        labels, promotion, families: what was decided of the unverified labels.
        posterior: float32 (n_clips, n_classes), what is believed of each training clip's class; NaN rows: unknown.
        judged: float32 (n_clips, n_classes), what networks that did not see a clip's label say; NaN rows: not judged.
        reviews: the corrections that the run was made with; columns `store.COLUMNS`, a row a decision.
        run_id: 12 hex digits, see `store.run_id`.
        calibration: verified clips judged out of fold, binned by the probability of their likeliest class.
        history: the autoencoder's epochs: epoch, loss, val_loss.
        reconstructed: clip_id of each of the k clips shown.
        reconstructions: float32 (2, k, frames, bins), originals then reconstructions.
        members: in the order of params.members.
        probs: float32 (n_clips, n_classes) of the ensemble.
        validation: each member's score on its held-out fold; NaN where it holds out none.
        maps: by method, a table clip_id, x, y.
        audit: the problems found, columns of `schemas.AUDIT`; see `pipeline.results.audit`.
    """

    answers: pd.DataFrame
    classes: list[str]
    features: Frames
    latents: np.ndarray
    labels: pd.DataFrame
    promotion: pd.DataFrame
    families: dict[str, list[str]]
    posterior: np.ndarray
    judged: np.ndarray
    reviews: pd.DataFrame
    run_id: str
    calibration: pd.DataFrame
    history: pd.DataFrame
    reconstructed: list[str]
    reconstructions: np.ndarray
    members: list[MemberRun]
    probs: np.ndarray
    validation: pd.DataFrame
    maps: dict[str, pd.DataFrame]
    audit: pd.DataFrame

    @property
    def train(self) -> np.ndarray:
        """Bool (n_clips,): training split."""
        return (self.answers["split"] == "train").to_numpy()

    @property
    def trusted(self) -> np.ndarray:
        """Bool (n_clips,): verified (by a reviewer too) or promoted training clips."""
        return self.train & (self.labels["verified"] | self.labels["promoted"]).to_numpy()

    @property
    def unverified(self) -> np.ndarray:
        """Bool (n_clips,): training clips whose label nobody has verified."""
        return self.train & ~self.labels["verified"].to_numpy()

    @property
    def truth(self) -> pd.Series:
        """The true class of each clip as text, `''` where it is not known."""
        return self.answers["truth"] if "truth" in self.answers else pd.Series("", index=self.answers.index)

    @property
    def truth_known(self) -> bool:
        """Whether the truth is known of any unverified training clip."""
        return bool(((self.truth != "") & self.unverified).any())

    @property
    def given_right(self) -> np.ndarray:
        """Float (n_clips,): 1 where an unverified clip's given label is the truth, else 0; NaN: none, or unknown."""
        known = self.unverified & ((self.truth != "") & (self.labels["label"] != "")).to_numpy()
        return np.where(known, (self.labels["label"] == self.truth).to_numpy(dtype=float), np.nan)

    @property
    def belief(self) -> np.ndarray:
        """Float (n_clips,): how likely an unverified clip's given label is taken to be right; NaN elsewhere."""
        column = self.columns(self.labels["label"].where(self.unverified, ""))
        found = self.posterior[np.arange(len(column)), column].astype(float)
        return np.where(column >= 0, found, np.nan)

    @property
    def test_targets(self) -> np.ndarray:
        """Int (n_clips,): the true class of test clips, -1 elsewhere and where it is not known.

        Without a truth, that is the label of a verified clip: a score against doubtful labels would be in doubt.
        """
        verified = self.answers["label"].where(self.answers["verified"], "")
        known = self.truth.where(self.truth != "", verified)
        return self.columns(known.where(~self.train, ""))

    def held_out(self, fold: int) -> np.ndarray:
        """Int (n_clips,): the class of the verified training clips of `fold`, -1 elsewhere."""
        inside = self.train & (self.labels["verified"] & (self.answers["fold"] == fold)).to_numpy()
        return self.columns(self.labels["label"].where(inside, ""))

    def columns(self, names: pd.Series) -> np.ndarray:
        """Return int (n_clips,): the column of each named class, -1 where it is none."""
        return pd.Index(self.classes).get_indexer(pd.Index(names))


def read_run(at: dict[str, Path], params: Params) -> Run:
    """Read a run from the folders `at`: clips, features, latents, judged, labels, members, ensemble, projection, audit.

    Raises:
        ArtifactError: a file is missing, damaged, or does not fit the clips.
    """
    answers, classes = artifacts.read_answers(at["clips"]), artifacts.read_classes(at["clips"])
    ids, shape = list(answers["clip_id"]), (len(answers), len(classes))
    features = frames.read_features(at["features"])
    labels = artifacts.read_labels(at["labels"])
    _same_clips(features.index, ids, at["features"] / "index.csv")
    _same_clips(labels, ids, at["labels"] / "labels.csv")
    shown = table(at["latents"] / "reconstructions.csv", text=["clip_id"])
    pictures = formats.read_array(at["latents"] / "reconstructions.npy", shape=(2, len(shown), None, None))
    validation = table(at["ensemble"] / "validation.csv", ["fold", "clips", "accuracy", "map"], ["member"])
    if list(validation["member"]) != list(params.members):
        found = ", ".join(validation["member"])
        expected = ", ".join(params.members)
        raise ArtifactError(
            f"{at['ensemble'] / 'validation.csv'}: members {found}, expected {expected} as in params.yaml; "
            "run `dvc repro`"
        )
    maps = {method: table(at["projection"] / f"{method}.csv", ["x", "y"]) for method in params.project.listed}
    for method, points in maps.items():
        _same_clips(points, ids, at["projection"] / f"{method}.csv")
    return Run(
        answers=answers,
        classes=classes,
        features=features,
        latents=formats.read_array(at["latents"] / "latents.npy", shape=(len(ids), None)),
        labels=labels,
        promotion=table(at["labels"] / "promotion.csv", PROMOTION, ["family"]),
        families=_families(at["labels"] / "families.json", classes),
        posterior=artifacts.read_probs(at["labels"] / "posterior.npy", *shape, open_set=True),
        judged=artifacts.read_probs(at["judged"] / "network" / "probs.npy", *shape),
        reviews=store.read(at["labels"] / "corrections.csv")[store.COLUMNS],
        run_id=_run_id(at["labels"] / "run.json"),
        calibration=table(at["labels"] / "calibration.csv", CALIBRATION),
        history=table(at["latents"] / "history.csv", ["epoch", "loss", "val_loss"]),
        reconstructed=list(shown["clip_id"]),
        reconstructions=pictures,
        members=[_member(at["members"] / name, shape) for name in params.members],
        probs=artifacts.read_probs(at["ensemble"] / "probs.npy", *shape),
        validation=validation,
        maps=maps,
        audit=_audit(at["audit"] / "audit.csv", ids),
    )


def _audit(path: Path, ids: list[str]) -> pd.DataFrame:
    found = schemas.check(schemas.AUDIT, formats.read_table(path), path)
    return audit.check(found, ids, path)


def _families(path: Path, classes: list[str]) -> dict[str, list[str]]:
    found = formats.read_record(path)
    if not all(isinstance(names, list) and set(map(str, names)) <= set(classes) for names in found.values()):
        raise ArtifactError(f"{path}: expected lists of the run's classes; remove it and run `dvc repro`")
    return found


def _run_id(path: Path) -> str:
    found = formats.read_json(path)
    if not isinstance(found, dict) or not isinstance(found.get("run_id"), str):
        raise ArtifactError(f"{path}: found no run_id, expected one; remove it and run `dvc repro`")
    return str(found["run_id"])


def _member(folder: Path, shape: tuple[int, int]) -> MemberRun:
    return MemberRun(
        name=folder.name,
        probs=artifacts.read_probs(folder / "probs.npy", *shape),
        rounds=table(folder / "rounds.csv", ROUNDS),
        history=table(folder / "history.csv", ["round", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"]),
        selections=table(folder / "selections.csv", ["round", "probability"], ["clip_id", "given", "target"]),
        feature_maps=formats.read_array(folder / "feature_maps.npy", shape=(None, None, None)),
        card=formats.read_record(folder / "member.json", "hold_out"),
    )


def table(path: Path, numbers: list[str] | None = None, text: list[str] | None = None) -> pd.DataFrame:
    """Read a CSV whose columns `numbers` become float (empty: NaN).

    Raises:
        ArtifactError: the file cannot be read, a column is missing, or a cell is no number.
    """
    read, numbers = formats.read_table(path), numbers or []
    missing = [name for name in [*numbers, *(text or [])] if name not in read]
    if missing:
        found = ", ".join(read.columns)
        raise ArtifactError(f"{path}: no column {', '.join(missing)}, found {found}; run `dvc repro`")
    for name in numbers:
        values = pd.to_numeric(read[name].where(read[name] != "", "nan"), errors="coerce")
        wrong = values.isna() & ~read[name].str.lower().isin(["", "nan"])
        if wrong.any():
            cell = read.loc[wrong, name].iloc[0]
            raise ArtifactError(f"{path}: column {name!r}: found {cell!r}, expected a number; run `dvc repro`")
        read[name] = values.astype(float)
    return read


def _same_clips(found: pd.DataFrame, ids: list[str], path: Path) -> None:
    if list(found["clip_id"]) != ids:
        raise ArtifactError(
            f"{path}: its {len(found)} clips are not the {len(ids)} of clips.csv in that order; run `dvc repro`"
        )
