"""Neighbours against measuring every distance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.explorer.neighbours import nearest


def brute(space, among, count):
    found = []
    for i, point in enumerate(space):
        others = [j for j in np.flatnonzero(among) if j != i and np.isfinite(space[j]).all()]
        distance = {j: np.sqrt(((space[j] - point) ** 2).sum()) for j in others}
        found.append(sorted(others, key=lambda j, d=distance: (d[j], j))[:count] if np.isfinite(point).all() else [])
    return found


def test_they_are_those_of_brute_force():
    random = np.random.default_rng(0)
    space = random.normal(size=(120, 8))
    space[[3, 50]] = np.nan
    among = random.random(120) < 0.4
    among[3] = True
    assert nearest(space, among) == brute(space, among, 5)


@given(
    hnp.arrays(np.int64, st.tuples(st.integers(1, 25), st.just(2)), elements=st.integers(-3, 3)),
    st.integers(0, 2**25 - 1),
    st.integers(1, 6),
)
def test_equal_places_are_no_trouble(points, mask, count):
    among = np.array([mask >> i & 1 for i in range(len(points))], bool)
    found = nearest(points.astype(float), among, count)
    for i, (names, expected) in enumerate(zip(found, brute(points, among, count), strict=True)):
        far = [((points[j] - points[i]) ** 2).sum() for j in (*names, *expected)]
        assert far[: len(names)] == far[len(names) :]
        assert i not in names
        assert len(set(names)) == len(names)
        assert among[names].all()


def test_without_verified_clips_there_are_none():
    assert nearest(np.zeros((3, 2)), np.zeros(3, bool)) == [[], [], []]


def test_the_page_shows_verified_training_clips_in_the_space_of_spreading(written):
    run, _, shown = written
    verified = run.labels["verified"].to_numpy()
    near = shown["clips"]["near"]
    assert verified[[row for names in near for row in names]].all()
    assert [len(names) for names in near] == [5 if run.train[i] and i != 7 else 0 for i in range(len(near))]
