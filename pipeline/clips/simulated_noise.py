"""Simulated label noise: a fully labelled data set as if it had been half-trusted, with the truth kept.

Three kinds. `symmetric`: a wrong label is any other class, each as likely. `within_family`: it is another class of
the same family. `open_set`: the wrong clips are of kinds outside the vocabulary; as few classes as suffice, drawn at
random, are withdrawn, their clips are given labels of classes that stay, and those of their clips that are not
needed for the rate leave the data set, the test clips with them.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.errors import DataError
from pipeline.seeding import rng

Kind = Literal["symmetric", "within_family", "open_set"]
Random = np.random.Generator
# What a seed draws stays what it was when a family was called otherwise.
_DRAWS = {"within_family": "within_group"}


def simulate(
    clips: pd.DataFrame,
    *,
    verified_fraction: float,
    rate: float,
    kind: Kind,
    families: Mapping[str, Sequence[str]],
    seed: int,
) -> pd.DataFrame:
    """Return `clips` with a `truth` column, some training clips unverified and, of these, the share `rate` wrong.

    Verified clips are dealt evenly over the classes (at least two a class, where it has as many) and keep their
    label. As near as whole clips allow, `rate` of the unverified labels are wrong. `families` is read by
    `within_family` alone. Columns as in `schemas.CLIPS`; rows keep their order.

    Raises:
        DataError: a training clip is not verified already, or too few classes or clips for the kind of noise.
    """
    train = clips["split"] == "train"
    untrusted = clips.loc[train & ~clips["verified"].astype(bool), "clip_id"]
    if len(untrusted):
        raise DataError(
            f"dataset.simulate_noise: found {len(untrusted)} training clips that are not verified, the first "
            f"{untrusted.iloc[0]!r}; expected a data set whose labels are all true: remove the key"
        )
    clips = clips.assign(truth=clips["label"])
    random = rng(seed, "noise", _DRAWS.get(kind, kind))
    if kind == "open_set":
        return _open_set(clips, verified_fraction, rate, random)
    clips = clips.assign(verified=~train | _verified(clips, train, verified_fraction, random))
    names = sorted(set(clips.loc[train, "label"]))
    others = _others({"all": names} if kind == "symmetric" else families)
    pool = np.flatnonzero(~clips["verified"])
    can_be_wrong = [i for i in pool if others[str(clips["label"].iloc[i])]]
    n_wrong = round(rate * pool.size)
    if n_wrong > len(can_be_wrong):
        raise DataError(
            f"dataset.simulate_noise.rate: {rate} asks for {n_wrong} wrong labels, but only {len(can_be_wrong)} clips "
            f"have another class to be mistaken for ({kind}); lower it, or take another grouping"
        )
    labels = list(clips["label"])
    for i in random.permutation(can_be_wrong)[:n_wrong]:
        labels[i] = str(random.choice(others[labels[i]]))
    return clips.assign(label=labels)


def _others(families: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: [c for c in members if c != name] for members in families.values() for name in members}


def _verified(clips: pd.DataFrame, among: pd.Series, fraction: float, random: Random) -> pd.Series:
    """Choose the verified clips among some: bool (n_clips,), `fraction` of each class."""
    chosen = np.zeros(len(clips), dtype=bool)
    for name in sorted(set(clips.loc[among, "label"])):
        rows = np.flatnonzero(among & (clips["label"] == name))
        count = round(fraction * rows.size)
        if fraction > 0:
            count = max(count, min(2, rows.size))
        chosen[random.permutation(rows)[:count]] = True
    return pd.Series(chosen, index=clips.index)


def _open_set(clips: pd.DataFrame, fraction: float, rate: float, random: Random) -> pd.DataFrame:
    train = clips["split"] == "train"
    order = [str(name) for name in random.permutation(sorted(set(clips.loc[train, "label"])))]
    share = rate * (1 - fraction)  # of all training clips that remain, those that are wrong
    for n_out in range(1 if share else 0, len(order) - 1):
        out = clips["label"].isin(order[:n_out])
        candidates = np.flatnonzero(train & out)
        n_wrong = round(share / (1 - share) * int((train & ~out).sum())) if share < 1 else len(clips) + 1
        if n_wrong <= candidates.size:
            break
    else:
        raise DataError(
            f"dataset.simulate_noise: open_set at a rate of {rate} would withdraw all but one of {len(order)} classes, "
            f"expected two to stay; lower the rate or raise verified_fraction"
        )
    verified = _verified(clips, train & ~out, fraction / (1 - share), random)
    wrong = random.permutation(candidates)[:n_wrong]
    labels = list(clips["label"])
    for i in wrong:
        labels[i] = str(random.choice(sorted(order[n_out:])))
    stays = ~out.to_numpy(copy=True)
    stays[wrong] = True
    return clips.assign(label=labels, verified=verified | ~train)[stays].reset_index(drop=True)
