"""What is the matter with labels, groups and verified clips."""

import numpy as np
import pandas as pd
import pytest

from pipeline.audit import labels


def clips(counts: dict[str, int], **columns: object) -> pd.DataFrame:
    label = [name for name, n in counts.items() for _ in range(n)]
    table = pd.DataFrame({"clip_id": [f"c{i:03d}" for i in range(len(label))], "label": label, "verified": True})
    return table.assign(group=table["clip_id"], **columns)


def problems(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [(name, other) for name, _, other, _ in labels.of_classes(table)]


@pytest.mark.parametrize("name", ["nan", "NaN", "unknown", "Unknown", "-", "n/a", "None", "?", "null", " tbd "])
def test_a_label_that_stands_for_nothing_is_told(name: str) -> None:
    assert problems(clips({"dog": 20, name: 20})) == [("placeholder", name)]


def test_names_of_sounds_stand_for_something() -> None:
    assert problems(clips({"none of it": 20, "na na na": 20, "unknown bird": 20})) == []


def test_a_small_class_is_told_with_its_counts() -> None:
    (row,) = labels.of_classes(clips({"dog": 20, "cat": 9}))
    assert row == ("small_class", "", "cat", "9 clips, 9 verified, 9 in groups of their own")


def test_imbalance_is_told_once() -> None:
    assert problems(clips({"dog": 100, "cat": 11, "cow": 10})) == [("imbalance", "dog")]
    assert problems(clips({"dog": 99, "cat": 10})) == []


def test_a_group_with_most_of_a_class_is_told() -> None:
    table = clips({"dog": 20, "cat": 20})
    table.loc[:10, "group"] = "one recorder"
    assert problems(table) == [("large_group", "one recorder")]
    table.loc[10, "group"] = "another"
    assert problems(table) == []


def heard(n: int = 40) -> tuple[pd.DataFrame, np.ndarray]:
    table = clips({"dog": n, "cat": n})
    centre = np.where(table["label"] == "dog", 0, 10)[:, np.newaxis]
    return table, centre + np.random.default_rng(0).normal(size=(2 * n, 6))


def test_a_verified_clip_among_those_of_another_class_is_told_and_no_other() -> None:
    table, summary = heard()
    assert list(labels.unlike_class(table, summary)) == []
    table.loc[3, "label"] = "cat"
    assert [(row[0], row[1]) for row in labels.unlike_class(table, summary)] == [("unlike_class", "c003")]


def test_clips_of_its_own_group_do_not_speak_for_it() -> None:
    table, summary = heard()
    table.loc[3, "label"] = "cat"
    # Twenty takes of one recording, all labelled wrong: they are alike because they are one.
    table = pd.concat([table, table.loc[[3] * 20].assign(clip_id=[f"t{i:02d}" for i in range(20)])], ignore_index=True)
    summary = np.concatenate([summary, summary[[3] * 20] + 1e-3])
    told = {row[1] for row in labels.unlike_class(table.assign(group=table["group"]), summary)}
    assert told == {"c003", *(f"t{i:02d}" for i in range(20))}


def test_of_a_handful_of_clips_nothing_is_said() -> None:
    table, summary = heard(5)
    assert list(labels.unlike_class(table, summary)) == []
