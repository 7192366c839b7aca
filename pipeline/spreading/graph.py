"""How close clips are to each other, and what the closed form of label spreading says over that graph.

Method: Zhou, Bousquet, Lal, Weston and Schölkopf, "Learning with local and global consistency" (NIPS 2003).
"""

from typing import TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

from pipeline.params.labels import Kernel

Affinity: TypeAlias = np.ndarray | sparse.csr_matrix


# Against a clip's affinity of 1 to itself, anything below this is rounding: no evidence, however it normalises.
NEGLIGIBLE = float(np.finfo(np.float64).eps)


def scale(x: np.ndarray, n_neighbors: int) -> float | None:
    """Return the median squared distance of clips (n, d) to their `n_neighbors` nearest neighbours.

    Exact duplicates are left out where they are the majority. None: all clips are identical.
    """
    if len(x) < 2:
        return None
    from_centre = np.square(x - np.median(x, axis=0)).sum(axis=1)
    if from_centre.max() <= 1e-24 * np.square(x).sum(axis=1).max():
        return None
    search = NearestNeighbors(n_neighbors=min(n_neighbors, len(x) - 1)).fit(x)
    squared = np.square(search.kneighbors()[0])
    typical = float(np.median(squared))
    # Distances of duplicates are not always zero: what rounding leaves is far below any real distance.
    rounding = 1e-12 * float(np.median(from_centre))
    if typical > rounding:
        return typical
    distinct = squared[squared > rounding]
    return float(np.median(distinct if distinct.size else from_centre[from_centre > rounding]))


def affinity(x: np.ndarray, kernel: Kernel) -> Affinity | None:
    """Return how close clips are to each other; None where they are all identical.

    Args:
        x: float64 (n, d), finite.
        kernel: `scaled_rbf` has `scale` divided by the median squared distance to the nearest neighbours for its
            gamma, so that it does not depend on the latents' unit.

    Returns:
        (n, n) in [0, 1]: dense for rbf, sparse for knn. Affinities below float64's epsilon are zero; so are knn's
        edges to neighbours so far away that `scaled_rbf` of scale 1 would give them less.
    """
    of = kernel.scaled_rbf or kernel.knn
    typical = scale(x, 1 if of is None else of.neighbours)
    if typical is None:
        return None
    x = x - np.median(x, axis=0)
    if kernel.knn is not None:
        return _neighbours(x, kernel.knn.neighbours, typical)
    gamma = kernel.scaled_rbf.scale / typical if kernel.scaled_rbf is not None else _gamma(kernel)
    edges = rbf_kernel(x, gamma=gamma)
    edges[edges < NEGLIGIBLE] = 0
    return edges


def _gamma(kernel: Kernel) -> float:
    assert kernel.rbf is not None
    return kernel.rbf.gamma


def _neighbours(x: np.ndarray, n_neighbors: int, typical: float) -> sparse.csr_matrix:
    search = NearestNeighbors(n_neighbors=min(n_neighbors, len(x) - 1)).fit(x)
    distance, index = search.kneighbors()
    near = np.exp(-np.square(distance) / typical) >= NEGLIGIBLE
    row = np.repeat(np.arange(len(x)), near.sum(axis=1))
    return sparse.csr_matrix((np.ones(len(row)), (row, index[near])), shape=(len(x), len(x)))


def leave_group_out(edges: Affinity, known: np.ndarray, group: np.ndarray, n_classes: int, alpha: float) -> np.ndarray:
    """Spread known labels over a graph; each clip is told its class by those of other groups alone.

    The limit of label spreading is linear in the known labels, F = (I - alpha S)^-1 Y (Zhou et al. 2003), so that what
    a clip's own group contributed can be taken away exactly.

    Args:
        edges: (n, n), from `affinity`.
        known: int (n,), class of each clip, -1 where hidden.
        group: int (n,), `clips['group']` as a number.
        n_classes: columns of the result.
        alpha: how far a clip listens to its neighbours, in (0, 1).

    Returns:
        float64 (n, n_classes); a row sums to one, or is NaN where no other group reached it.
    """
    laplacian = csgraph.laplacian(edges, normed=True)
    system = laplacian.toarray() if sparse.issparse(edges) else laplacian
    # I - alpha S, where S is minus the Laplacian off the diagonal and zero on it.
    system *= alpha
    np.fill_diagonal(system, 1.0)
    seeded = np.flatnonzero(known >= 0)
    right = np.zeros((len(known), len(seeded)))
    right[seeded, np.arange(len(seeded))] = 1
    reach = np.clip(np.linalg.solve(system, right), 0, None)
    reach[group[:, np.newaxis] == group[seeded][np.newaxis, :]] = 0
    told = reach @ np.eye(n_classes)[known[seeded]]
    total = told.sum(axis=1, keepdims=True)
    return np.divide(told, total, out=np.full_like(told, np.nan), where=total > np.finfo(np.float64).eps)
