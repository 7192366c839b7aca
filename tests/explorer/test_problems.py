"""Problems as the page gets them: pairs from either side, the worst first, classes left to the report."""

import pandas as pd
import pytest

from pipeline.explorer.problems import problems
from pipeline.results import audit


def found(*rows):
    return pd.DataFrame(rows, columns=audit.COLUMNS, dtype=str)


@pytest.mark.fault(48)
def test_a_clip_has_its_problems_the_worst_first_with_what_was_said(written):
    run, _, shown = written
    kinds = [kind["name"] for kind in shown["problems"]["kinds"]]
    assert kinds == ["conflict", "same_sound", "unlike_class", "clipped"]
    assert shown["problems"]["kinds"][0]["words"] == "the same sound under two labels"
    assert [kind["name"] for kind in shown["problems"]["kinds"] if kind["tells"]] == ["unlike_class"]
    assert shown["problems"]["of"] == {
        "1": [[1, 2, ""]],
        "2": [[0, 9, "as Bark and as Bus"], [1, 1, ""], [3, -1, "3.1% of the samples at full scale"]],
        "6": [[2, -1, "3 of 3 neighbours are Bus"]],
        "9": [[0, 2, "as Bark and as Bus"]],
    }
    assert len(run.audit) == 6


def test_a_run_without_problems_has_none():
    assert problems(found(), ["a", "b"]) == {"kinds": [], "of": {}}
    assert problems(found(["small_class", "", "a", ""]), ["a", "b"]) == {"kinds": [], "of": {}}


def test_what_is_said_stays_text():
    hostile = "</script><img src=x>; =1+1"
    shown = problems(found(["clipped", "b", "", hostile]), ["a", "b"])
    assert shown["of"] == {"1": [[0, -1, hostile]]}
