"""What came of a soak, summed up."""

import numpy as np
import pandas as pd

from benchmarks.soak.memory import WARMING_UP, Line
from benchmarks.soak.process import KINDS, TRAINING

# record: undisturbed | kill | refused | failed | lap. `ended`: who was hit did so, or the lap; `orphans`: stages that
# were still alive afterwards; `round`: the last that was finished at the time; `took`: seconds of a lap.
COLUMNS = (
    *("record", "lap", "seconds", "kind", "stage", "round", "ended", "orphans", "said"),
    *("took", "rounds", "rounds_again", "files", "differing", "largest"),
)


def markdown(rows: pd.DataFrame, samples: pd.DataFrame, line: Line | None) -> str:
    """Return a table of the figures of a soak.

    Args:
        rows: columns `COLUMNS`, one row an event.
        samples: memory of the undisturbed run, a row a sample: stage, mb.
        line: memory by round, None where there were too few rounds.
    """
    counts = rows["record"].value_counts()
    kills, laps = rows[rows["record"] == "kill"], rows[rows["record"] == "lap"]
    minutes = laps["took"].astype(float) / 60
    alone = rows.loc[rows["record"] == "undisturbed", "took"].astype(float).sum() / 60
    differing = laps["differing"].astype(float)
    trained, again = _sum(laps["rounds"]), _sum(laps["rounds_again"])
    lines = {
        "kills": f"{len(kills)}: {_listed(kills['kind'], list(KINDS))}",
        "hit during": _listed(kills["stage"].replace("", "no stage"), []),
        "left an orphan": f"{left_alone(kills)}",
        "went on in spite of it": _listed(kills.loc[~kills["ended"].astype(bool), "kind"], list(KINDS)) or "0",
        "laps": f"{len(laps)}, in {', '.join(f'{m:.1f}' for m in minutes)} minutes; undisturbed {alone:.1f}",
        "rounds": f"{trained} trained, {again} of them once more, {cut_off(kills)} more cut off",
        "refused beside an orphan": f"{counts.get('refused', 0)}",
        "failed of itself": f"{counts.get('failed', 0)}",
        "laps that differ from the undisturbed run": f"{int((~(differing == 0)).sum())} of {len(laps)}, "
        f"{_sum(laps['files'])} files compared",
        "memory by round": _slope(line),
        "peak memory": ", ".join(
            f"{stage} {peak:,.0f} MB" for stage, peak in samples.groupby("stage", sort=False)["mb"].max().items()
        ),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in lines.items())])


def left_alone(kills: pd.DataFrame) -> int:
    """Return how many times DVC ended and a stage did not."""
    ended = kills["kind"].str.endswith("to DVC") & kills["ended"].astype(bool)
    return int((ended & (kills["orphans"].astype(float) > 0)).sum())


def cut_off(kills: pd.DataFrame) -> int:
    """Return how many rounds were under way when their stage was killed."""
    training = kills["stage"].str.contains(TRAINING, regex=False)
    fatal = kills["kind"].isin(["SIGKILL to all", "SIGKILL to the stage"])
    return int((training & fatal).sum())


def _listed(values: pd.Series, order: list[str]) -> str:
    counts = values.value_counts()
    names = [name for name in order if name in counts] or list(counts.index)
    return ", ".join(f"{counts[name]} {name}" for name in names)


def _sum(values: pd.Series) -> int:
    return int(np.nansum(values.astype(float)))


def _slope(line: Line | None) -> str:
    if line is None:
        return f"fewer than three rounds after the first {WARMING_UP}"
    return f"{line.slope:+.2f} MB a round (95%: {line.low:+.2f} to {line.high:+.2f}), after {WARMING_UP} rounds"
