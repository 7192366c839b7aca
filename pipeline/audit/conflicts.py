"""The same sound under two labels: nobody's word is taken until a person has decided."""

import numpy as np
import pandas as pd


def of(clips: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Return bool (n_pairs,): pairs (`a`, `b`, rows of `clips`) of training clips whose given labels differ."""
    label, train = clips["label"].to_numpy(dtype=str), (clips["split"] == "train").to_numpy()
    a, b = pairs["a"].to_numpy(int), pairs["b"].to_numpy(int)
    differ: np.ndarray = (label[a] != label[b]) & (label[a] != "") & (label[b] != "") & train[a] & train[b]
    return differ


def unsettled(clips: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Return bool (n_clips,): verified clips that another verified clip with their sound contradicts."""
    verified = clips["verified"].to_numpy(dtype=bool)
    a, b = pairs["a"].to_numpy(int), pairs["b"].to_numpy(int)
    both = of(clips, pairs) & verified[a] & verified[b]
    found = np.zeros(len(clips), dtype=bool)
    found[a[both]] = found[b[both]] = True
    return found
