"""The whole report of a run, written into a folder."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.files import formats
from pipeline.params.schema import Params
from pipeline.reporting.answers import answers
from pipeline.reporting.columns import COLUMNS, FILES, TESTS
from pipeline.reporting.figures import belief, curves, scatter, spectra
from pipeline.reporting.figures.confusion import confusion
from pipeline.reporting.figures.style import LeftOut, Picture, save, words
from pipeline.reporting.page import EXPLORER, MOST_ROWS, Cell, Shown, class_link, shown, write_page
from pipeline.results import audit, beliefs, licences, mistakes, reviews, tables
from pipeline.results.numbers import numbers
from pipeline.results.outcomes import decisions
from pipeline.results.run import MemberRun, Run
from pipeline.results.submission import submission

# As many as one would listen to in a sitting.
TO_HEAR = 20
CORRECTED = ("correction_precision", "true_correction_precision")
Drawn = dict[str, list[Picture | LeftOut]]


def write_report(folder: Path, run: Run, params: Params) -> dict[str, int | float]:
    """Write index.html and what it shows, metrics.json, plots/ and submission.csv into `folder`; return the metrics."""
    made = {
        "splits": tables.splits(run),
        "promotion": tables.promotion(run),
        "decisions": decisions(run),
        "reviews": reviews.sheet(run),
        "members_and_means": tables.members_and_means(run, params.ensemble),
        "rounds": tables.rounds(run),
        "selected_per_class": tables.selected_per_class(run),
        "per_class": mistakes.per_class(run),
        "confusion": mistakes.confusion(run),
        "quarantine": tables.quarantine(run),
        "problems": tables.problems(run),
        "problem_counts": audit.counts(run.audit),
        "licences": licences.counts(run.answers),
    }
    found = numbers(run, made["promotion"], made["members_and_means"], params.ensemble)
    drawn = _draw(run, params, made["rounds"])
    for name, table in made.items():
        formats.write_table(folder / "tables" / f"{name}.csv", table)
    plots = {"rounds": tables.by_round(made["rounds"]), "confusion": made["confusion"]}
    for name, table in plots.items():
        formats.write_table(folder / "plots" / f"{name}.csv", table)
    (folder / "figures").mkdir(parents=True)
    pixels = {
        item.name: save(item.figure, folder / "figures" / f"{item.name}.png", params.report.dpi)
        for section in drawn.values()
        for item in section
        if isinstance(item, Picture)
    }
    formats.write_table(folder / "submission.csv", submission(run))
    formats.write_json(folder / "metrics.json", found)
    write_page(folder, _content(run, params, made, found, drawn) | {"pixels": pixels})
    return found


def _draw(run: Run, params: Params, rounds: pd.DataFrame) -> Drawn:
    first, *others = params.project.listed
    label = dict(zip(run.answers["clip_id"], run.answers["label"], strict=True))
    shown = [label.get(name, "") for name in run.reconstructed]
    return {
        "judging": [*belief.reliability(beliefs.reliability(run)), *belief.beliefs(beliefs.histogram(run))],
        "spreading": scatter.before_and_after(tables.placed(run, first), first, run.families),
        "maps": [
            item
            for method in others or [first]
            for item in scatter.overview(tables.placed(run, method), method, run.classes)
        ],
        "autoencoder": [
            *spectra.reconstructions(run.reconstructions, run.reconstructed, shown, params.report.reconstructions),
            *curves.autoencoder_loss(run.history),
        ],
        "feature_maps": spectra.feature_maps([_first(of, label) for of in run.members], params.report.feature_maps),
        "rounds": [
            *curves.rounds(rounds, truth_known=run.truth_known),
            *curves.epochs({member.name: member.history for member in run.members}),
        ],
        "confusion": confusion(mistakes.counts(run)),
    }


def _first(member: MemberRun, label: dict[str, str]) -> spectra.FirstMaps:
    clip = str(member.card.get("feature_maps_clip", "a clip"))
    return spectra.FirstMaps(member.name, member.feature_maps, clip, label.get(clip, ""))


def _content(
    run: Run, params: Params, made: dict[str, pd.DataFrame], found: dict[str, int | float], drawn: Drawn
) -> dict[str, Any]:
    k = params.ensemble.top_k
    return {
        "title": params.report.title,
        "answers": answers(run, made, found, params.ensemble),
        "explorer": EXPLORER,
        "classes": _classes(run),
        "k": k,
        "method": params.ensemble.method,
        "found": found,
        "decisions": len(run.reviews),
        "truth_known": run.truth_known,
        "test_clips": int((~run.train).sum()),
        "outside": int(run.train.sum()) - found["promotion.clips"],
        "held_out": run.validation["fold"].nunique(dropna=False) if run.validation["fold"].notna().any() else 0,
        "drawn": drawn,
        "is_picture": lambda item: isinstance(item, Picture),
        "tables": _tables(run, made, k),
    }


def _classes(run: Run) -> dict[str, list[tuple[Cell, int]]]:
    """Return each family's classes, which lead into the explorer, and how many training clips were given each."""
    counts = run.labels["given"][run.train].value_counts()
    rest = sorted(set(run.classes).difference(*run.families.values()))
    families = run.families | ({"in no family": rest} if rest else {})
    return {
        family: [(Cell(name, class_link(name)), int(counts.get(name, 0))) for name in sorted(names)]
        for family, names in families.items()
    }


def _tables(run: Run, made: dict[str, pd.DataFrame], k: int) -> dict[str, Shown]:
    members, promotion, to_hear = made["members_and_means"], made["promotion"], made["decisions"][:TO_HEAR]
    chosen = members["name"] + members["chosen"].map({True: " (chosen)", False: ""})
    unused = () if promotion["corrected"].any() else CORRECTED
    unheard = () if promotion["reviewed"].any() else ("reviewed",)
    heard = reviews.counts(run)
    contents = (
        {name: table for name, table in made.items() if name in COLUMNS}
        | {
            "promotion": promotion.assign(trusted=promotion["trusted_percent"] / 100).drop(columns=list(unheard)),
            "trust": promotion.drop(columns=list(unused), errors="ignore"),
            "truth": promotion.drop(columns=list(unused), errors="ignore"),
            "review": heard.assign(of=heard["of"].map(words)),
            "decisions": made["decisions"]
            .assign(outcome=made["decisions"]["outcome"].map(words))
            .drop(columns=[] if to_hear["review"].any() else ["review"]),
            "members_and_means": members.assign(name=chosen).rename(columns={f"{t}_map{k}": f"{t}_map" for t in TESTS}),
            "per_class": made["per_class"].drop(columns=list(unheard)),
            "mistakes": mistakes.mistakes(run),
            "surest_mistakes": mistakes.surest_mistakes(run),
        }
        | _problems(run, made["problems"])
    )
    return {
        name: shown(
            contents[name], columns, f"{FILES.get(name, name)}.csv", most={"decisions": TO_HEAR}.get(name, MOST_ROWS)
        )
        for name, columns in COLUMNS.items()
    }


def _problems(run: Run, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what was found by what it is of: pairs of clips, single clips (but for those that are listed as
    quarantined), classes and groups.
    """
    single = (table["clip_id"] != "") & ~table["kind"].isin([*audit.PAIRS, "quarantined"])
    return {"pairs": tables.pairs(run), "problems": table[single], "of_classes": table[table["clip_id"] == ""]}
