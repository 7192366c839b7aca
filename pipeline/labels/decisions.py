"""What becomes of each unverified clip: promoted, corrected or left out, with what probability and why.

Conventions: a row a clip. Judges never saw the label of the clip they judge (`pipeline.posterior.evidence`); verified
clips are judged like the others, which is how the judges are calibrated, but nothing is ever decided of them.
"""

import numpy as np
import pandas as pd

from pipeline.labels.beliefs import Belief
from pipeline.labels.case import Case
from pipeline.params.labels import Labels
from pipeline.posterior import posterior

VERIFIED, PROMOTED, CORRECTED, LEFT_OUT, TEST = "verified", "promoted", "corrected", "left_out", "test"


def decide(table: pd.DataFrame, case: Case, belief: Belief, classes: list[str], settings: Labels) -> pd.DataFrame:
    """Return the table of `within_families.spread` with what becomes of each clip.

    `promoted` (and its `reason`) stays as it is with `promote: agree`; with `promote: posterior` it is the largest set
    of clips whose expected precision is the one set. A clip that is not promoted is corrected where another
    class has a posterior of `settings.correct` or more. `probability` is that of the target being right: of the given
    label, also where the clip is left out. `outside` is that of the clip being of no class, NaN where nobody asked.

    Returns:
        Columns as in `schemas.LABELS`, but for those that `verdicts.record` adds.
    """
    names = np.array(classes, dtype=object)
    rows = np.arange(len(table))
    given = np.where(case.labelled, belief.posterior[rows, case.given], 0.0)
    best = np.nan_to_num(belief.posterior).argmax(axis=1)
    top = np.nan_to_num(belief.posterior).max(axis=1)
    if settings.promote.posterior is not None:
        promoted = np.zeros(len(table), dtype=bool)
        promoted[case.labelled] = posterior.promote(given[case.labelled], settings.promote.posterior.precision)
    else:
        promoted = table["promoted"].to_numpy(bool)
    sure = (top > 0) & (top >= settings.correct) if settings.correct is not None else np.zeros(len(table), dtype=bool)
    corrected = case.pool & ~promoted & sure & (best != case.given)
    outcome = np.select(
        [table["verified"], promoted, corrected, case.train], [VERIFIED, PROMOTED, CORRECTED, LEFT_OUT], TEST
    )
    probability = np.where(corrected, top, np.where(case.labelled, given, np.nan))
    outside = belief.outside
    words = [_reason(case, i, made, given[i], names[best[i]], top[i], outside[i]) for i, made in enumerate(outcome)]
    spoken = case.train & ~table["verified"].to_numpy(bool) if settings.promote.posterior is not None else corrected
    return table.assign(
        promoted=promoted,
        outcome=outcome.astype(object),
        target=np.where(corrected, names[best], np.where(table["verified"] | promoted, table["label"], "")),
        probability=np.where(table["verified"], 1.0, probability),
        outside=outside if case.open_set else np.nan,
        reason=np.where(spoken, np.array(words, dtype=object), table["reason"]),
    )


def _reason(case: Case, row: int, outcome: str, given: float, best: str, top: float, outside: float) -> str:
    """Say why: with the probabilities of the given label, of the likeliest class, and of none."""
    if not case.pool[row]:
        return "no judge heard it"
    if top == 0:
        return "no class is left that it could be of"
    if outcome == PROMOTED:
        return f"given label judged right: {given:.3f}"
    if outcome == LEFT_OUT and outside > top:
        return f"sounds like none of the classes: {outside:.3f}"
    if not case.labelled[row]:
        return f"judged {best}: {top:.3f}" + (", not sure enough" if outcome == LEFT_OUT else "")
    if given == top:
        return f"given label judged right: {given:.3f}, not sure enough"
    words = f"judged {best}: {top:.3f}, given label: {given:.3f}"
    return words if outcome == CORRECTED else f"{words}, neither sure enough"
