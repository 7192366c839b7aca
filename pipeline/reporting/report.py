"""The whole report of a run, written into a folder."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import artifacts
from pipeline.params import Params
from pipeline.reporting import belief, curves, scatter, spectra, tables
from pipeline.reporting.columns import COLUMNS, FILES, TESTS
from pipeline.reporting.confusion import confusion
from pipeline.reporting.numbers import numbers
from pipeline.reporting.outcomes import decisions
from pipeline.reporting.page import MOST_ROWS, Shown, render, shown
from pipeline.reporting.run import Run
from pipeline.reporting.style import LeftOut, Picture, save, words
from pipeline.reporting.submission import submission

# As many as one would listen to in a sitting.
TO_HEAR = 20
CORRECTED = ("correction_precision", "true_correction_precision")
Drawn = dict[str, list[Picture | LeftOut]]


def write_report(folder: Path, run: Run, params: Params) -> dict[str, int | float]:
    """Write index.html and what it shows, metrics.json, plots/ and submission.csv into `folder`; return the metrics."""
    made = {
        "promotion": tables.promotion(run),
        "decisions": decisions(run),
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
        "judging": [*belief.reliability(run), *belief.beliefs(run)],
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
        "held_out": run.validation["fold"].nunique(dropna=False) if run.validation["fold"].notna().any() else 0,
        "drawn": drawn,
        "is_picture": lambda item: isinstance(item, Picture),
        "tables": _tables(run, made, k),
    }


def _tables(run: Run, made: dict[str, pd.DataFrame], k: int) -> dict[str, Shown]:
    members = made["members_and_means"]
    chosen = members["name"] + members["chosen"].map({True: " (chosen)", False: ""})
    shares = made["promotion"].assign(trusted=made["promotion"]["trusted_percent"] / 100)
    unused = () if made["promotion"]["corrected"].any() else CORRECTED
    contents = {name: table for name, table in made.items() if name in COLUMNS} | {
        "promotion": shares,
        "trust": made["promotion"].drop(columns=list(unused), errors="ignore"),
        "decisions": made["decisions"].assign(outcome=made["decisions"]["outcome"].map(words)),
        "members_and_means": members.assign(name=chosen).rename(columns={f"{t}_map{k}": f"{t}_map" for t in TESTS}),
        "mistakes": tables.mistakes(run),
    }
    return {
        name: shown(
            contents[name], columns, f"{FILES.get(name, name)}.csv", most={"decisions": TO_HEAR}.get(name, MOST_ROWS)
        )
        for name, columns in COLUMNS.items()
    }
