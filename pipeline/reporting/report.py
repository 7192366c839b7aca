"""The whole report of a run, written into a folder."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import artifacts
from pipeline.params import Params
from pipeline.reporting import curves, scatter, spectra, tables
from pipeline.reporting.confusion import confusion
from pipeline.reporting.numbers import numbers
from pipeline.reporting.page import Column, Shown, percent, render, score, shown, text
from pipeline.reporting.run import Run
from pipeline.reporting.style import LeftOut, Picture, save
from pipeline.reporting.submission import submission

Drawn = dict[str, list[Picture | LeftOut]]


def write_report(folder: Path, run: Run, params: Params) -> dict[str, int | float]:
    """Write index.html and what it shows, metrics.json, plots/ and submission.csv into `folder`; return the metrics."""
    made = {
        "promotion": tables.promotion(run),
        "members_and_means": tables.members_and_means(run, params.ensemble),
        "rounds": tables.rounds(run),
        "selected_per_class": tables.selected_per_class(run),
        "per_class": tables.per_class(run),
        "confusion": tables.confusion(run),
        "quarantine": tables.quarantine(run),
    }
    found = numbers(run, made["promotion"], made["members_and_means"], params.ensemble)
    drawn = _draw(run, params, made["rounds"])
    for name, table in made.items():
        artifacts.write_table(folder / "tables" / f"{name}.csv", tables.guarded(table))
    plots = {"rounds": tables.validation_by_round(made["rounds"]), "confusion": made["confusion"]}
    for name, table in plots.items():
        artifacts.write_table(folder / "plots" / f"{name}.csv", tables.guarded(table))
    (folder / "figures").mkdir(parents=True)
    for picture in (item for section in drawn.values() for item in section):
        if isinstance(picture, Picture):
            save(picture.figure, folder / "figures" / f"{picture.name}.png", params.report.dpi)
    artifacts.write_table(folder / "submission.csv", submission(run))
    artifacts.write_json(folder / "metrics.json", found)
    page = render(_content(run, params, made, found, drawn))
    (folder / "index.html").write_text(page, encoding="utf-8")
    return found


def _draw(run: Run, params: Params, rounds: pd.DataFrame) -> Drawn:
    first, *others = params.project.methods
    return {
        "spreading": scatter.before_and_after(run, first),
        "maps": [item for method in others or [first] for item in scatter.overview(run, method)],
        "autoencoder": [
            *spectra.reconstructions(run, params.report.reconstructions),
            *curves.autoencoder_loss(run),
        ],
        "feature_maps": spectra.feature_maps(run, params.report.feature_maps),
        "rounds": [*curves.rounds(run, rounds), *curves.epochs(run)],
        "confusion": confusion(run),
    }


def _content(
    run: Run, params: Params, made: dict[str, pd.DataFrame], found: dict[str, int | float], drawn: Drawn
) -> dict[str, Any]:
    k = params.ensemble.top_k
    return {
        "title": params.report.title,
        "k": k,
        "method": params.ensemble.method,
        "found": found,
        "truth_known": run.truth_known,
        "test_clips": int((~run.train).sum()),
        "one_fold": len(set(run.validation["fold"])) == 1,
        "drawn": drawn,
        "is_picture": lambda item: isinstance(item, Picture),
        "tables": _tables(run, made, k),
    }


def _tables(run: Run, made: dict[str, pd.DataFrame], k: int) -> dict[str, Shown]:
    members = made["members_and_means"]
    chosen = members["name"] + members["chosen"].map({True: " (chosen)", False: ""})
    shares = made["promotion"].assign(trusted=made["promotion"]["trusted_percent"] / 100)
    contents = {name: table for name, table in made.items() if name in COLUMNS} | {
        "promotion": shares,
        "members_and_means": members.assign(name=chosen).rename(columns={f"{t}_map{k}": f"{t}_map" for t in TESTS}),
        "mistakes": tables.mistakes(run),
    }
    return {
        name: shown(contents[name], columns, "confusion.csv" if name == "mistakes" else f"{name}.csv")
        for name, columns in COLUMNS.items()
    }


TESTS = ("val", "test")
COLUMNS = {
    "promotion": {
        "group": Column("group", text),
        "clips": Column("all"),
        "verified": Column("verified"),
        "promoted": Column("newly verified"),
        "trusted": Column("trusted", percent),
        "noise_rate": Column("noise rate, estimated", percent, "noise_low", "noise_high"),
        "true_noise_rate": Column("noise rate, true", percent),
        "precision": Column("precision, estimated", percent, "precision_low", "precision_high"),
        "true_precision": Column("precision, true", percent),
        "true_recall": Column("recall, true", percent),
    },
    "rounds": {
        "member": Column("member", text),
        "round": Column("round"),
        "trusted": Column("trusted"),
        "pseudo": Column("pseudo-labelled"),
        "lower": Column("from", score),
        "upper": Column("to", score),
        "selected": Column("selected"),
        "pool": Column("of the pool"),
        "selected_precision": Column("selected and right", percent),
        "epochs": Column("epochs"),
        "train_accuracy": Column("training accuracy", percent),
        "val_accuracy": Column("validation accuracy", percent),
    },
    "members_and_means": {
        "name": Column("model", text),
        "val_accuracy": Column("validation accuracy", percent),
        "val_map": Column("validation MAP", score),
        "test_accuracy": Column("test accuracy", percent),
        "test_map": Column("test MAP", score),
    },
    "mistakes": {
        "actual": Column("actual", text),
        "predicted": Column("answered", text),
        "clips": Column("clips"),
    },
    "per_class": {
        "class": Column("class", text),
        "clips": Column("training clips"),
        "verified": Column("verified"),
        "promoted": Column("promoted"),
        "support": Column("test clips"),
        "precision": Column("precision", percent),
        "recall": Column("recall", percent),
        "f1": Column("F1", percent),
        "average_precision": Column("average precision", score),
    },
    "quarantine": {
        "clip_id": Column("clip", text),
        "path": Column("file", text),
        "split": Column("split", text),
        "reason": Column("reason", text),
    },
}
