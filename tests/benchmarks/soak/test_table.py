"""What came of a soak, summed up."""

import pandas as pd

from benchmarks.soak.memory import Line
from benchmarks.soak.process import TRAINING
from benchmarks.soak.table import COLUMNS, markdown


def test_what_was_survived_is_summed_up() -> None:
    rows = pd.DataFrame(
        [
            {"record": "undisturbed", "lap": 0, "ended": True, "took": 600},
            {"record": "kill", "kind": "SIGKILL to all", "stage": TRAINING, "ended": True, "orphans": 0},
            {"record": "kill", "kind": "SIGTERM to DVC", "stage": TRAINING, "ended": True, "orphans": 1},
            {"record": "kill", "kind": "SIGINT to DVC", "stage": "", "ended": False, "orphans": 1},
            {"record": "refused", "stage": TRAINING},
            {"record": "lap", "ended": True, "took": 750, "rounds": 33, "rounds_again": 3, "files": 9, "differing": 0},
            {"record": "lap", "ended": False, "took": 60, "rounds": 1, "rounds_again": 0},
        ],
        columns=list(COLUMNS),
    )
    memory = pd.DataFrame({"stage": ["judge", TRAINING, TRAINING], "mb": [900.0, 1000.0, 1100.0]})
    text = markdown(rows, memory, Line(0.1, -0.2, 0.4, 900))
    assert "| kills | 3: 1 SIGKILL to all, 1 SIGTERM to DVC, 1 SIGINT to DVC |" in text
    assert "| left an orphan | 1 |" in text
    assert "| laps | 2, in 12.5, 1.0 minutes; undisturbed 10.0 |" in text
    assert "| rounds | 34 trained, 3 of them once more, 1 more cut off |" in text
    assert "| laps that differ from the undisturbed run | 1 of 2, 9 files compared |" in text
    assert "| memory by round | +0.10 MB a round (95%: -0.20 to +0.40), after 5 rounds |" in text
    assert f"| peak memory | judge 900 MB, {TRAINING} 1,100 MB |" in text
