"""One answer from several members."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipeline.errors import ArtifactError

Method = Literal["geometric", "arithmetic", "weighted"]
# Below this a member's certainty is not taken at its word: one zero must not overrule all other members.
FLOOR = 1e-12


def combine(probs: Sequence[np.ndarray], *, method: Method, weights: Sequence[float] | None = None) -> np.ndarray:
    """Return the mean of the members' probabilities.

    Args:
        probs: one float (n_clips, n_classes) a member; a row sums to one, or is all NaN where the clip is quarantined.
        method: `arithmetic`; `geometric`, in log space, probabilities below `FLOOR` raised to it, renormalised;
            `weighted`, the geometric mean with `weights` as exponents (a logarithmic opinion pool: Heskes,
            "Selecting weighting factors in logarithmic opinion pools", NIPS 1997), which equal weights make the
            geometric mean.
        weights: one a member, not negative, not all zero, of any sum; read by `weighted` alone.

    Returns:
        float32 (n_clips, n_classes), a row sums to one, or is all NaN where the clip is quarantined.

    Raises:
        ArtifactError: members differ in shape or in which clips they have no answer for.
        ValueError: no members, or weights that cannot be used.
    """
    stack = _stack(probs)
    if method == "arithmetic":
        mean = stack.mean(axis=0)
    else:
        share = _shares(weights, len(stack)) if method == "weighted" else np.full(len(stack), 1 / len(stack))
        logs = np.tensordot(share, np.log(np.maximum(stack, FLOOR)), axes=1)
        mean = np.exp(logs - logs.max(axis=1, keepdims=True))
    return (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)


def _stack(probs: Sequence[np.ndarray]) -> np.ndarray:
    if not probs:
        raise ValueError("no members to combine; name at least one under members")
    shapes = [member.shape for member in probs]
    if len(set(shapes)) > 1:
        raise ArtifactError(f"members: probs of shapes {shapes}, expected one shape (n_clips, n_classes) for all")
    stack = np.stack(probs).astype(np.float64)
    missing = np.asarray(np.isnan(stack).any(axis=2))
    odd = np.flatnonzero(missing.any(axis=0) != missing.all(axis=0))
    if odd.size:
        member = int(np.flatnonzero(missing[:, odd[0]])[0])
        raise ArtifactError(
            f"members: member {member} has NaN in row {odd[0]} where others have probabilities, expected the same "
            "quarantined clips in all; the members were made from different features: run `dvc repro`"
        )
    return stack


def _shares(weights: Sequence[float] | None, n: int) -> np.ndarray:
    given = np.asarray([] if weights is None else weights, dtype=np.float64)
    if given.shape != (n,) or not np.isfinite(given).all() or (given < 0).any() or given.sum() == 0:
        raise ValueError(f"weights: found {weights}, expected {n} finite numbers, none negative and not all zero")
    return given / given.sum()


def without(probs: np.ndarray, ruled_out: np.ndarray) -> np.ndarray:
    """Return `probs` (n, n_classes) without what is ruled out: zero there, NaN rows where nothing else is possible.

    Rows of which a class is ruled out sum to as much as before; all others stay as they are to the bit.
    """
    rows = ruled_out.any(axis=1)
    left = np.where(ruled_out[rows], 0, probs[rows]).astype(probs.dtype)
    before, total = (part.sum(axis=1, keepdims=True) for part in (probs[rows], left))
    found = probs.copy()
    found[rows] = before * np.divide(left, total, out=np.full_like(left, np.nan), where=total > 0)
    return found
