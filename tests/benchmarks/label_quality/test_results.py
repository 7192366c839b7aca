"""Rows survive being cut off; means, intervals and the share of the gap are what they say they are."""

from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.label_quality import results
from pipeline.errors import ArtifactError
from pipeline.files import formats


def row(seed: int = 0, method: str = "earmark", accuracy: float = 0.8, **more: object) -> dict[str, object]:
    setting = {"dataset": "demo", "kind": "symmetric", "rate": 0.3, "seed": seed, "row": "network"}
    return setting | {"method": method, "accuracy": accuracy} | more


def rows(**accuracies: list[float]) -> pd.DataFrame:
    named = {"verified": "verified only", "given": "all as given"}
    return pd.DataFrame(
        [row(seed, named.get(name, name), x) for name, values in accuracies.items() for seed, x in enumerate(values)]
    )


def test_rows_come_back_as_they_were_added(tmp_path):
    path = tmp_path / "results" / "rows.csv"
    assert results.read(path).empty
    assert results.done(path) == frozenset()
    results.append(path, row(0))
    results.append(path, row(1, "NA", steps=300))
    found = results.read(path)
    assert list(found["method"]) == ["earmark", "NA"]
    assert found["accuracy"].tolist() == [0.8, 0.8]
    assert found["steps"].tolist()[1] == 300
    assert np.isnan(found["steps"].iloc[0])
    assert results.done(path) == {("demo", "symmetric", 0.3, s, "network", m) for s, m in ((0, "earmark"), (1, "NA"))}
    assert results.done(path, ["seed", "method"]) == {(0, "earmark"), (1, "NA")}


def test_a_rate_is_known_again_however_it_was_computed(tmp_path):
    path = tmp_path / "rows.csv"
    results.append(path, row() | {"rate": 0.1 + 0.2})
    assert ("demo", "symmetric", 0.3, 0, "network", "earmark") in results.done(path)


def test_a_row_is_added_once(tmp_path):
    path = tmp_path / "rows.csv"
    results.append(path, row())
    with pytest.raises(ArtifactError, match=r"rows\.csv: has a row of .*'earmark'.* already; remove it"):
        results.append(path, row(accuracy=0.9))
    assert results.read(path)["accuracy"].tolist() == [0.8]


def test_rows_added_at_a_time_are_all_there(tmp_path):
    path = tmp_path / "rows.csv"
    threads = [Thread(target=results.append, args=(path, row(seed))) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results.read(path)["seed"]) == list(range(8))
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]


def test_a_file_cut_off_or_of_something_else_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    results.append(path, row())
    whole = path.read_text()
    path.write_text(whole[:-4])
    with pytest.raises(ArtifactError, match=r"rows\.csv: .*cut off"):
        results.append(path, row(1))
    path.write_text(whole.replace("0.8", "much"))
    with pytest.raises(ArtifactError, match=r"rows\.csv: .*much.*expected numbers"):
        results.read(path)
    formats.write_table(path, pd.DataFrame({"member": ["small"]}))
    with pytest.raises(ArtifactError, match=r"rows\.csv: found no column 'dataset'"):
        results.read(path)


def test_the_interval_is_that_of_students_t():
    values = [0.70, 0.75, 0.72, 0.78, 0.74]
    found = results.summary(rows(earmark=values)).iloc[0]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found["seeds"] == 5
    assert found["accuracy"] == pytest.approx(np.mean(values))
    assert (found["accuracy_low"], found["accuracy_high"]) == pytest.approx(tuple(expected))


def test_a_single_seed_has_no_interval_and_a_missing_figure_does_not_count():
    table = rows(earmark=[0.7], oracle=[0.8, 0.9]).assign(auroc=[np.nan, np.nan, 0.9])
    one, two = results.summary(table).to_dict("records")
    assert one["accuracy"] == 0.7
    assert np.isnan([one["accuracy_low"], one["auroc"]]).all()
    assert two["auroc"] == 0.9
    assert np.isnan(two["auroc_low"])


def test_the_share_is_a_ratio_of_means_beside_the_better_baseline():
    table = rows(verified=[0.5, 0.5, 0.6], given=[0.6, 0.5, 0.6], oracle=[0.8, 0.5, 0.8], earmark=[0.7, 0.5, 0.8])
    found = results.gap_closed(table, "earmark").iloc[0]
    assert found["best"] == "all as given"
    assert found["gap"] == pytest.approx(0.4 / 3)
    assert found["closed"] == pytest.approx(0.3 / 0.4)
    assert found["closed_low"] <= found["closed"] <= found["closed_high"]


def test_the_ends_of_the_scale():
    table = rows(verified=[0.5, 0.55, 0.6], given=[0.6, 0.62, 0.63], oracle=[0.8, 0.9, 0.85])
    assert results.gap_closed(table, "all as given").iloc[0]["closed"] == pytest.approx(0, abs=1e-9)
    ends = results.gap_closed(table, "oracle")[["closed", "closed_low", "closed_high"]]
    np.testing.assert_allclose(ends.to_numpy(), 1)
    assert results.gap_closed(table, "verified only").iloc[0]["closed"] < 0


@given(
    st.lists(st.tuples(st.floats(0.4, 0.6), st.floats(0.4, 0.6), st.floats(0.1, 0.3)), min_size=2, max_size=5),
    st.floats(0, 1),
)
def test_a_method_that_closes_the_same_share_in_each_seed_has_no_spread(seeds, share):
    given_ = [max(v, g) for v, g, _ in seeds]
    oracle = [b + gap for b, (_, _, gap) in zip(given_, seeds, strict=True)]
    method = [b + share * (o - b) for b, o in zip(given_, oracle, strict=True)]
    table = rows(verified=[v for v, _, _ in seeds], given=given_, oracle=oracle, earmark=method)
    found = results.gap_closed(table, "earmark").iloc[0]
    np.testing.assert_allclose([found["closed"], found["closed_low"], found["closed_high"]], share, atol=1e-6)


def test_where_the_oracle_may_not_be_ahead_the_interval_is_infinite():
    table = rows(verified=[0.5] * 3, given=[0.5] * 3, oracle=[0.8, 0.45, 0.45], earmark=[0.6] * 3)
    found = results.gap_closed(table, "earmark").iloc[0]
    assert found["closed"] == pytest.approx(0.3 / 0.2)
    assert (found["closed_low"], found["closed_high"]) == (-np.inf, np.inf)
    flat = rows(verified=[0.5], given=[0.5], oracle=[0.5], earmark=[0.6])
    assert np.isnan(results.gap_closed(flat, "earmark").iloc[0]["closed"])


def test_by_the_log_loss_less_is_better():
    table = rows(verified=[0.5, 0.5], given=[0.5, 0.5], oracle=[0.4, 0.6], earmark=[0.5, 0.5])
    losses = {"verified only": 0.6, "all as given": 0.9, "earmark": 0.3, "oracle": 0.2}
    table = table.assign(log_loss=table["method"].map(losses))
    found = results.gap_closed(table, "earmark", by="log_loss").iloc[0]
    assert found["best"] == "verified only"
    assert found["gap"] == pytest.approx(0.4)
    np.testing.assert_allclose(found[["closed", "closed_low", "closed_high"]].astype(float), 0.75)


def test_seeds_that_lack_a_baseline_do_not_count():
    table = rows(verified=[0.5, 0.5], given=[0.4], oracle=[0.8, 0.8], earmark=[0.65, 0.8])
    found = results.gap_closed(table, "earmark").iloc[0]
    assert found["seeds"] == 1
    assert found["closed"] == pytest.approx(0.5)
    assert np.isnan(found["closed_low"])
    assert results.gap_closed(rows(earmark=[0.5]), "earmark").empty


def everything() -> pd.DataFrame:
    random = np.random.default_rng(0)
    methods = {"verified only": 0.7, "all as given": 0.72, "earmark": 0.8, "oracle": 0.82}
    trained = [
        row(seed, name, level + random.normal(0, 0.01)) | {"rate": rate, "dataset": dataset, "row": kind}
        for dataset in ("esc10", "demo")
        for kind in ("network", "logistic")
        for rate in (0.1, 0.3)
        for seed in range(3)
        for name, level in methods.items()
    ]
    judge = [row(seed, "a|b", np.nan, precision=0.97, auroc=0.9) | {"row": "judge"} for seed in range(2)]
    return pd.DataFrame(trained + judge)


def test_the_table_shows_means_intervals_and_shares_in_percent():
    text = results.markdown(everything())
    assert [line for line in text.splitlines() if line.startswith("#")] == ["### network", "### logistic", "### judge"]
    network, _, judge = text.split("### ")[1:]
    assert "| data set | noise is | rate | method | seeds | accuracy | gap closed | beside |" in network
    line = next(line for line in network.splitlines() if "earmark" in line and "30%" in line)
    assert " to " in line.split("|")[6]
    assert "all as given" in line
    assert "| demo | symmetric | 30% | a\\|b | 2 | 97.0 (97.0 to 97.0) | 90.0 (90.0 to 90.0) |" in judge
    assert "nan" not in text


def test_log_losses_are_no_percent():
    text = results.markdown(rows(earmark=[0.5, 0.5]).assign(log_loss=[0.4, 0.5]))
    assert "| 0.450 (-0.185 to 1.085) |".replace("-", "−") in text


def test_the_figure_is_drawn_and_repeats_byte_for_byte(tmp_path: Path):
    for name in ("one.png", "two.png"):
        results.figure(everything(), tmp_path / "figures" / name)
    one, two = ((tmp_path / "figures" / name).read_bytes() for name in ("one.png", "two.png"))
    assert one.startswith(b"\x89PNG")
    assert one == two


def test_the_figure_takes_one_method_one_seed_and_infinite_intervals(tmp_path: Path):
    table = rows(verified=[0.5] * 3, given=[0.5] * 3, oracle=[0.8, 0.45, 0.45], earmark=[0.6] * 3)
    results.figure(table, tmp_path / "infinite.png")
    results.figure(rows(earmark=[0.5]), tmp_path / "lonely.png")
    assert {p.name for p in tmp_path.iterdir()} == {"infinite.png", "lonely.png"}
    results.figure(everything().query("row == 'judge'"), tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
