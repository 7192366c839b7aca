"""Latents on a scale on which distances mean something, before labels are spread over them."""

import numpy as np
from sklearn.decomposition import PCA

from pipeline.errors import ArtifactError
from pipeline.seeding import derive

# A clip this many times farther from the centre than the median clip would become a principal component by itself.
OUTLIER = 100.0


def normalise(latents: np.ndarray, *, whiten: int | None, unit_length: bool, seed: int) -> np.ndarray:
    """Return latents whitened by PCA, then scaled to length one.

    Args:
        latents: float (n_clips, d), a NaN row where the clip is quarantined.
        whiten: keep at most this many principal components, each scaled to unit variance; None leaves the axes.
            Bounded by what the clips span: components without variance are dropped.
        unit_length: scale each row to Euclidean length one, so that distances compare directions.
        seed: of PCA's randomised solver, which scikit-learn picks for large inputs.

    Returns:
        float64 (n_clips, k). A row is NaN where the clip was quarantined, where its latent is not finite, where it
        lies more than `OUTLIER` times the median distance from the centre, and, with `unit_length`, where its length
        is zero.

    Raises:
        ArtifactError: fewer than two clips have a usable latent.
    """
    x = np.asarray(latents, dtype=np.float64)
    usable = _usable(x)
    if usable.sum() < 2:
        raise ArtifactError(
            f"latents: {int(usable.sum())} of {len(x)} rows are usable (finite, no outlier), expected two or more; "
            "see the quarantine list in data/features/index.csv and run `dvc repro`"
        )
    kept = x[usable] if whiten is None else _whitened(x[usable], whiten, seed)
    if unit_length:
        length = np.linalg.norm(kept, axis=1, keepdims=True)
        kept = np.divide(kept, length, out=np.full_like(kept, np.nan), where=length > 0)
    result = np.full((len(x), kept.shape[1]), np.nan)
    result[usable] = kept
    return result


def training_space(
    latents: np.ndarray, train: np.ndarray, *, whiten: int | None, unit_length: bool, seed: int
) -> np.ndarray:
    """Return `normalise` of the clips in the bool mask `train`, NaN rows elsewhere.

    Test clips take no part in spreading, so they must not shape the space it happens in.
    """
    return normalise(np.where(train[:, np.newaxis], latents, np.nan), whiten=whiten, unit_length=unit_length, seed=seed)


def _usable(x: np.ndarray) -> np.ndarray:
    """Return bool (n,): finite and no outlier."""
    finite: np.ndarray = np.isfinite(x).all(axis=1)
    if not finite.any():
        return finite
    distance = np.linalg.norm(x - np.median(x[finite], axis=0), axis=1)
    typical = np.median(distance[finite])
    return finite & ((distance <= OUTLIER * typical) | (typical == 0))


def _whitened(x: np.ndarray, dims: int, seed: int) -> np.ndarray:
    centred = x - x.mean(axis=0)
    if np.abs(centred).max() <= 1e-12 * np.abs(x).max():
        return np.zeros((len(x), 1))
    components = min(dims, len(x) - 1, x.shape[1])
    pca = PCA(components, random_state=derive(seed, "whiten")).fit(centred)
    scores = pca.transform(centred)
    # Dividing rounding noise by its own tiny deviation would give it the weight of a real component.
    real = pca.explained_variance_ > 1e-10 * pca.explained_variance_[0]
    return scores[:, real] / np.sqrt(pca.explained_variance_[real])
