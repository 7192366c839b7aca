"""What is asked first: a case by hand, and what holds of every queue."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.explorer.queue import queue

A, B, C = "Bark", "Bus", "Cello"
# clip, outcome, given, target, the ensemble's probabilities, the judges'
BY_HAND = [
    ("verified", A, A, [0.9, 0.1, 0.0], [0.8, 0.1, 0.1]),
    ("promoted", A, A, [0.5, 0.3, 0.2], [0.1, 0.8, 0.1]),  # margin 0.2
    ("promoted", A, A, [0.1, 0.8, 0.1], [0.9, 0.1, 0.0]),  # margin -0.7
    ("promoted", B, B, [0.5, 0.5, 0.0], [0.9, 0.1, 0.0]),  # margin 0
    ("left_out", A, "", [0.9, 0.1, 0.0], [0.5, 0.3, 0.2]),  # they agree with it
    ("left_out", A, "", [0.9, 0.1, 0.0], [0.1, 0.2, 0.7]),  # against it by 0.6
    ("corrected", A, B, [0.0, 1.0, 0.0], [0.05, 0.9, 0.05]),
    ("left_out", "", "", [0.9, 0.1, 0.0], [0.1, 0.2, 0.7]),  # nothing to be against
    ("test", "", "", [0.9, 0.1, 0.0], [np.nan] * 3),
    ("left_out", A, "", [0.9, 0.1, 0.0], [np.nan] * 3),  # believed: below
    ("left_out", B, "", [0.9, 0.1, 0.0], [np.nan] * 3),  # nothing is known
]
BEST_FIRST = [2, 5, 6, 3, 9, 1, 7, 4, 10]


@pytest.fixture
def by_hand(made_up):
    outcome, label, target, ensemble, judges = zip(*BY_HAND, strict=True)
    run = made_up.make(n=len(BY_HAND), classes=(A, B, C))
    labels = run.labels.assign(outcome=outcome, given=label, label=label, target=target, review="")
    labels["verified"] = labels["outcome"] == "verified"
    labels["outside"] = np.select([labels.index == 7, labels.index == 10], [0.93, np.nan], 0.5)
    split = np.where(labels["outcome"] == "test", "test", "train")
    ok = np.ones(len(labels), bool)
    posterior = np.full((len(labels), 3), np.nan, np.float32)
    posterior[[0, 9]] = [1, 0, 0], [0.3, 0.6, 0.1]
    return dataclasses.replace(
        run,
        answers=run.answers.assign(split=split),
        labels=labels,
        features=made_up.features([np.zeros((2, 2))] * len(labels), ok),
        probs=np.array(ensemble, np.float32),
        judged=np.array(judges, np.float32),
        posterior=posterior,
    )


def test_kinds_take_turns_and_each_begins_with_the_most_doubtful(by_hand):
    found = queue(by_hand, 0, seed=0)
    assert found.rows == BEST_FIRST
    assert found.kind == [by_hand.labels["outcome"][row] for row in found.rows]


def test_each_says_why_in_words(by_hand):
    found = queue(by_hand, 0, seed=0)
    why = dict(zip(found.rows, found.why, strict=True))
    assert why[2] == "The ensemble gives Bark 0.10, Bus 0.80"
    assert why[5] == "Judges that never saw its label give Bark 0.10, Cello 0.70"
    assert why[6] == "Judges that never saw its label give Bark 0.05, Bus 0.90"
    assert why[7] == "Judges that never saw its label give Cello 0.70; it sounds like none of the classes: 0.93"
    assert why[9] == "It is believed to be Bark 0.30, Bus 0.60"
    assert why[10] == "Nothing is known of it"


def test_a_hidden_clip_is_worded_like_the_others(by_hand):
    one = queue(by_hand, 0.5, seed=0)
    assert one.why[one.kind.index("hidden")] == "Judges that never saw its label give Bark 0.80, Bus 0.10"
    unheard = dataclasses.replace(by_hand, judged=np.full_like(by_hand.judged, np.nan))
    two = queue(unheard, 0.5, seed=0)
    assert two.why[two.kind.index("hidden")] == "The ensemble gives Bark 0.90, Bus 0.10"


@pytest.mark.parametrize("decision", ["accept", "reject", "relabel"])
def test_what_was_decided_or_cannot_be_heard_is_not_asked_again(by_hand, made_up, decision):
    review = pd.Series([""] * len(BY_HAND)).where(by_hand.labels.index != 5, decision)
    ok = np.arange(len(BY_HAND)) != 2
    run = dataclasses.replace(
        by_hand,
        labels=by_hand.labels.assign(review=review),
        features=made_up.features([np.zeros((2, 2))] * len(ok), ok),
    )
    assert sorted(queue(run, 0, seed=0).rows) == sorted(set(BEST_FIRST) - {2, 5})


def test_where_everything_is_verified_there_is_nothing_to_ask(by_hand):
    labels = by_hand.labels.assign(outcome="verified", verified=True)
    assert queue(dataclasses.replace(by_hand, labels=labels), 0.5, seed=0).rows == []


def test_who_was_unsure_may_listen_again(by_hand):
    labels = by_hand.labels.assign(review="unsure")
    assert queue(dataclasses.replace(by_hand, labels=labels), 0, seed=0).rows == BEST_FIRST


@given(share=st.floats(0, 0.5), seed=st.integers(0, 9))
def test_hidden_clips_are_verified_and_change_nothing_else(made_up, share, seed):
    run = made_up.make(n=120)
    plain, mixed = queue(run, 0, seed), queue(run, share, seed)
    hidden = [row for row, kind in zip(mixed.rows, mixed.kind, strict=True) if kind == "hidden"]
    assert (run.labels["outcome"][hidden] == "verified").all()
    assert len(set(mixed.rows)) == len(mixed.rows) == len(mixed.why)
    assert [row for row in mixed.rows if row not in hidden] == plain.rows
    stretch = (1 - share) / share if share else np.inf
    assert len(hidden) <= -(-len(plain.rows) // stretch)
    available = (run.labels["outcome"] == "verified").sum()
    assert len(hidden) >= min(available, len(plain.rows) // stretch) - 1


def test_each_stretch_of_a_queue_hides_one_and_the_seed_says_where(made_up):
    run = made_up.make(n=300)
    kinds = [np.array(queue(run, 0.2, seed).kind) == "hidden" for seed in (0, 0, 1)]
    assert (kinds[0] == kinds[1]).all()
    assert (kinds[0] != kinds[2]).any()
    for found in kinds:
        assert np.diff(np.flatnonzero(found)).max() < 10
        assert 0.15 < found.mean() < 0.25
