"""What rounds of self-training cost or bring: ways differ as they say, and each seed is compared with itself."""

import pandas as pd
import pytest

from benchmarks import rounds
from pipeline.presets import catalogue


def test_ways_differ_in_what_is_selected_and_in_the_schedule() -> None:
    alone, *others = rounds.WAYS.values()
    assert alone[0].number == 1
    assert {(settings.number, *settings.thresholds.lower) for settings, _ in others} == {(3, 0.35, 0.65)}
    named = [f"{settings.select.chosen}, {'once' if once else 'anew'}" for settings, once in others]
    assert named == list(rounds.WAYS)[1:]


@pytest.mark.parametrize(("epochs", "judged"), [(40, (40, 0)), (0, (80, 16))])
def test_judges_may_be_asked_for_less(epochs: int, judged: tuple[int, int]) -> None:
    params = catalogue.params("demo")
    found = rounds.judged_for(epochs, params)
    assert (found.judges.network.epochs, found.judges.network.unverified_epochs) == judged
    assert found.judges.linear == params.judges.linear
    assert found.members == params.members


def measured(way: str, accuracies: list[list[float]]) -> list[dict[str, object]]:
    """Rows of a way, a list of accuracies by rate for each seed."""
    others = {"log_loss": 0.5, "selected": 0.2, "selected_right": 0.9}
    return [
        {"dataset": "demo", "seed": seed, "rate": rate, "way": way, "accuracy": accuracy} | others
        for seed, found in enumerate(accuracies)
        for rate, accuracy in zip(rounds.RATES, found, strict=True)
    ]


def test_a_way_is_compared_with_one_round_seed_by_seed() -> None:
    rows = measured("soft, once", [[0.82, 0.74], [0.93, 0.91]]) + measured(rounds.ONE, [[0.8, 0.7], [0.9, 0.9]])
    table = rounds.table(pd.DataFrame(rows)).set_index("way")
    assert list(table.index) == [rounds.ONE, "soft, once"]
    assert table["accuracy"].tolist() == [0.825, 0.85]
    assert table.loc[rounds.ONE, ["points", "low", "high"]].tolist() == [0, 0, 0]
    # Differences of 3 and 2 points: Student's t with one degree of freedom is 12.706, the standard error 0.5.
    assert table.loc["soft, once", ["points", "low", "high"]].tolist() == [2.5, -3.85, 8.85]


def test_without_one_round_there_is_nothing_to_compare_with() -> None:
    table = rounds.table(pd.DataFrame(measured("soft, once", [[0.82, 0.74]])))
    assert table["seeds"].tolist() == [1]
    assert table["points"].isna().all()


def test_a_way_that_was_measured_at_one_rate_alone_is_compared_at_that_rate() -> None:
    rows = [
        *measured(rounds.ONE, [[0.9, 0.7]]),
        *[r for r in measured("soft, once", [[0.88, 0.0]]) if r["rate"] == 0.1],
    ]
    table = rounds.table(pd.DataFrame(rows)).set_index("way")
    assert table.loc["soft, once", "points"] == -2
