"""What a network is fitted to: cross-entropy where a target is trusted, something milder where it is doubtful.

Conventions: a batch's targets are float32 (batch, n_classes + 1): rows that sum to one, or to less where a clip is to
count less, then the doubt, 0 for a trusted clip and 1 for a doubtful one. As the doubt is a column like the others,
augmentations that mix targets mix it too. Probabilities are (batch, n_classes), of a softmax.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from pipeline.params.networks import Doubtful, Loss

# Below this a probability counts as this: a logarithm stays finite.
FLOOR = 1e-7


def with_doubt(targets: np.ndarray, doubtful: np.ndarray) -> np.ndarray:
    """Join float32 (n, n_classes) targets and bool (n,) doubt to float32 (n, n_classes + 1)."""
    return np.column_stack([targets, doubtful]).astype(np.float32)


def generalised_crossentropy(target: Any, probs: Any, *, q: float) -> Any:
    """Return (batch,): the sum over classes of t (1 − p^q) / q, which a few wrong targets cannot dominate.

    It nears cross-entropy as `q` nears 0 and is the mean absolute error (halved, for a one-hot target) at 1.
    Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy labels" (2018).
    """
    return ops.sum(-target * ops.expm1(q * _log(probs)), axis=-1) / q


def soft_bootstrap(target: Any, probs: Any, *, beta: float) -> Any:
    """Return (batch,): cross-entropy against `beta` t + (1 − `beta`) p, which trusts the network as it learns.

    The gradient flows through both p: it is `beta` of the cross-entropy and the rest of the prediction's entropy.
    Reed et al., "Training deep neural networks on noisy labels with bootstrapping" (2015).
    """
    entropy = -ops.sum(probs * _log(probs), axis=-1)
    return beta * keras.losses.categorical_crossentropy(target, probs) + (1 - beta) * entropy


def _log(probs: Any) -> Any:
    return ops.log(ops.clip(probs, FLOOR, 1.0))


class ClipLoss(keras.losses.Loss):
    """Cross-entropy for trusted clips, `doubtful.loss` times `doubtful.weight` for doubtful ones.

    A clip of doubt d costs (1 − d) of the one and d of the other. Labels are smoothed in cross-entropy alone, that of
    doubtful clips included, so that with `crossentropy` and a weight of one doubt makes no difference.
    """

    def __init__(self, doubtful: Doubtful, label_smoothing: float) -> None:
        """Take the settings of a member."""
        super().__init__(name="clip_loss")
        self._weight, self._smoothing = doubtful.weight, label_smoothing
        self._milder = _milder(doubtful.loss)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return (batch,)."""
        target, doubt = y_true[:, :-1], y_true[:, -1]
        trusted = keras.losses.categorical_crossentropy(target, y_pred, label_smoothing=self._smoothing)
        milder = trusted if self._milder is None else self._milder(target, y_pred)
        return (1 - doubt) * trusted + doubt * self._weight * milder


def _milder(loss: Loss) -> Callable[[Any, Any], Any] | None:
    """Return the loss of doubtful clips, None where it is that of trusted ones."""
    if loss.gce is not None:
        return partial(generalised_crossentropy, q=loss.gce.q)
    return None if loss.bootstrap is None else partial(soft_bootstrap, beta=loss.bootstrap.beta)


def accuracy() -> keras.metrics.Metric:
    """Return the metric `accuracy`, which does not look at the doubt."""
    return keras.metrics.MeanMetricWrapper(
        lambda y_true, y_pred: keras.metrics.categorical_accuracy(y_true[:, :-1], y_pred), name="accuracy"
    )
