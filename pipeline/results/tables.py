"""The report's tables, one function each; shares lie in [0, 1] and an unknown number is NaN."""

import numpy as np
import pandas as pd

from pipeline.files.problems import PROBLEMS
from pipeline.files.schemas import DECIDED
from pipeline.params.schema import Ensemble
from pipeline.probs import metrics
from pipeline.probs.pooling import combine
from pipeline.results import audit, outcomes
from pipeline.results.run import MemberRun, Run


def promotion(run: Run) -> pd.DataFrame:
    """Return promotion.csv with what is expected of the corrections and, where the truth is known, how it all came out.

    Added: `reviewed` beside the other outcomes, `came_verified` (clips that clips.csv calls verified), the columns of
    `outcomes.corrections`; with the truth also `true_precision, true_recall, true_noise_rate`.
    """
    table = _by_outcome(run).merge(outcomes.corrections(run), on="family", how="left")
    if not run.truth_known:
        return table
    truth = outcomes.score_against_truth(run.labels, run.answers)
    truth = truth.rename(columns={name: f"true_{name}" for name in ("precision", "recall", "noise_rate")})
    return table.merge(truth[["family", "true_precision", "true_recall", "true_noise_rate"]], on="family", how="left")


def _by_outcome(run: Run) -> pd.DataFrame:
    """Return promotion.csv with every clip counted once, under its outcome and the family of its given label.

    Clips that came without a label count in the family of the one they have since. Trusted are those that are verified,
    reviewed or promoted.
    """
    of = {name: family for family, names in run.families.items() for name in names}
    given, label = run.labels["given"], run.labels["label"]
    family = given.where(given != "", label).map(of).fillna("")
    parts = [family != "" if name == "all" else family == name for name in run.promotion["family"]]
    counts = {kind: [int((part & (run.labels["outcome"] == kind)).sum()) for part in parts] for kind in DECIDED}
    table = run.promotion.astype({"classes": int}).assign(**counts)
    table["clips"] = table[DECIDED].sum(axis=1)
    table["came_verified"] = [int((part & run.answers["verified"]).sum()) for part in parts]
    trusted = table["verified"] + table["reviewed"] + table["promoted"]
    table["trusted_percent"] = 100 * trusted / table["clips"].clip(lower=1)
    first = ["family", "classes", "clips", "came_verified", *DECIDED, "trusted_percent"]
    return table[[*first, *(name for name in table if name not in first)]]


def splits(run: Run) -> pd.DataFrame:
    """Return `split, clips, classes, labelled, verified, quarantined, minutes` of training and test clips and of all.

    `labelled` and `verified` are as the data came; `minutes` are of the clips that could be read.
    """
    clips, index = run.answers, run.features.index
    parts = {"training": run.train, "test": ~run.train, "all": np.full(len(clips), True)}
    rows = [
        {
            "split": name,
            "clips": int(rows.sum()),
            "classes": int(clips["label"][rows].replace("", np.nan).nunique()),
            "labelled": int((clips["label"][rows] != "").sum()),
            "verified": int(clips["verified"][rows].sum()),
            "quarantined": int((rows & ~run.features.ok).sum()),
            "minutes": float(index["seconds"][rows & run.features.ok].sum() / 60),
        }
        for name, rows in parts.items()
    ]
    return pd.DataFrame(rows)


def members_and_means(run: Run, settings: Ensemble) -> pd.DataFrame:
    """Return one row a member, then one a mean: `name, kind, chosen` and clips, accuracy and MAP of both kinds of test.

    A member that holds out no fold is not validated, and a mean only where all members hold out the same one; `chosen`
    marks the mean that the params choose. The weighted mean takes the members' validation MAP as weights.
    """
    folds = [None if np.isnan(fold) else int(fold) for fold in run.validation["fold"]]
    probs = [member.probs for member in run.members]
    rows = [
        {"name": member.name, "kind": "member", "chosen": False} | _scores(run, member.probs, fold, settings.top_k)
        for member, fold in zip(run.members, folds, strict=True)
    ]
    weights = run.validation["map"].tolist()
    shared = folds[0] if len(set(folds)) == 1 else None
    for method in ("arithmetic", "geometric", "weighted"):
        if method == "weighted" and not (np.isfinite(weights).all() and sum(weights) > 0):
            continue
        mean = combine(probs, method=method, weights=weights)
        row = {"name": f"{method} mean", "kind": "mean", "chosen": method == settings.method}
        rows.append(row | _scores(run, mean, shared, settings.top_k))
    return pd.DataFrame(rows)


def _scores(run: Run, probs: np.ndarray, fold: int | None, k: int) -> dict[str, object]:
    held_out = np.full(len(probs), -1) if fold is None else run.held_out(fold)
    found: dict[str, object] = {}
    for name, targets in (("val", held_out), ("test", run.test_targets)):
        found[f"{name}_clips"] = int(metrics.scored(probs, targets).sum())
        found[f"{name}_accuracy"] = metrics.accuracy(probs, targets)
        found[f"{name}_map{k}"] = metrics.map_at_k(probs, targets, k)
    return found


def rounds(run: Run) -> pd.DataFrame:
    """Return rounds.csv of all members, with `selected_precision`: the share of selected labels that are right.

    It is NaN where nothing was selected or the truth is not known.
    """
    parts = []
    for member in run.members:
        known = _judged(run, member).dropna(subset=["right"]).groupby("round")["right"].mean()
        parts.append(
            member.rounds.assign(member=member.name, selected_precision=member.rounds["round"].map(known).astype(float))
        )
    table = pd.concat(parts, ignore_index=True)
    counts = dict.fromkeys(["round", "trusted", "pseudo", "pool", "selected", "epochs"], int)
    return table[["member", *(name for name in table if name != "member")]].astype(counts)


def by_round(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return one row a round, means over the members that had it: what `dvc plots` draws as lines.

    Columns: `round, threshold` (the lower bound), `selected` (share of the pool), `right` (share of the selected whose
    label is right, NaN where the truth is not known), `validation` (accuracy, NaN where no member held out a fold).
    """
    share = rounds["selected"] / rounds["pool"].where(rounds["pool"] > 0)
    named = {"lower": "threshold", "selected_precision": "right", "val_accuracy": "validation"}
    found = rounds.assign(selected=share).rename(columns=named)
    return found.groupby("round")[["threshold", "selected", "right", "validation"]].mean().reset_index()


def selected_per_class(run: Run) -> pd.DataFrame:
    """Return `member, round, class, selected, precision`: clips selected for each class in each round."""
    parts = [_judged(run, member).assign(member=member.name) for member in run.members]
    table = pd.concat(parts, ignore_index=True).astype({"round": int, "right": float})
    grouped = table.groupby(["member", "round", "target"], sort=False)["right"]
    counts = grouped.agg(selected="size", precision="mean").reset_index().rename(columns={"target": "class"})
    return counts.sort_values(["member", "round", "class"], ignore_index=True)


def _judged(run: Run, member: MemberRun) -> pd.DataFrame:
    """Return the member's selections with `right`: 1, 0, or NaN where the truth is not known."""
    truth = member.selections["clip_id"].map(dict(zip(run.answers["clip_id"], run.truth, strict=True))).fillna("")
    right = (member.selections["target"] == truth).astype(float).where(truth != "")
    return member.selections.assign(right=right)


def placed(run: Run, method: str) -> pd.DataFrame:
    """Return where each clip lies on a map: `x, y` (NaN: nowhere), `label`, `outcome`, and whether it was `verified`,
    or is `trusted`, a training clip.
    """
    labels = run.labels
    return run.maps[method][["x", "y"]].assign(
        label=labels["label"].to_numpy(),
        outcome=labels["outcome"].to_numpy(),
        verified=run.train & labels["verified"].to_numpy(),
        trusted=run.trusted,
    )


def quarantine(run: Run) -> pd.DataFrame:
    """Return `clip_id, path, split, reason` of the clips that could not be used."""
    rows = ~run.features.ok
    clips = run.answers.loc[rows, ["clip_id", "path", "split"]]
    return clips.assign(reason=run.features.index.loc[rows, "reason"].to_numpy()).reset_index(drop=True)


def problems(run: Run) -> pd.DataFrame:
    """Return what the audit found as a table for people: `problem` in words, the clip with its label and split."""
    clips = run.answers.set_index("clip_id")
    names = run.audit["clip_id"]
    known = {name: names.map(clips[name]).fillna("") for name in ("label", "split")}
    table = run.audit.assign(kind=run.audit["problem"], problem=run.audit["problem"].map(PROBLEMS), **known)
    return table[["problem", "clip_id", "label", "split", "other", "detail", "kind"]]


def pairs(run: Run) -> pd.DataFrame:
    """Return `problem, clip_id, label, other, other_label, detail` of clips that sound the same, each pair once."""
    label = run.answers.set_index("clip_id")["label"]
    found = audit.pairs(run.audit)
    found = found.assign(label=found["clip_id"].map(label), other_label=found["other"].map(label))
    found = found.assign(problem=found["problem"].map(PROBLEMS))
    return found[["problem", "clip_id", "label", "other", "other_label", "detail"]]
