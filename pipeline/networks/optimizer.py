"""The optimizer of every fit; overrides private methods of Keras, so a test compares it with Keras' own."""

from typing import Any

import keras


class OneDeviceAdamW(keras.optimizers.AdamW):
    """AdamW on one device, of which TensorFlow can forget the graph, and whose schedule is asked once a step.

    With TensorFlow, Keras sums gradients over devices before it applies them, also where there is but one, and
    TensorFlow keeps the graph of each such sum until the process ends: tens of MB a fit (tensorflow#97697). And it
    works out the learning rate anew for each weight that decays, all of which is traced.

    Raises:
        RuntimeError: there is more than one replica: their weights would drift apart without a word.
    """

    _rate_now: Any = None

    def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
        """Apply gradients at the rate of this step."""
        self._rate_now = super()._get_current_learning_rate()
        try:
            return super().apply(grads, trainable_variables)
        finally:
            self._rate_now = None

    def _get_current_learning_rate(self) -> Any:
        return super()._get_current_learning_rate() if self._rate_now is None else self._rate_now

    def _all_reduce_sum_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        replicas = _replicas()
        if replicas > 1:
            raise RuntimeError(
                f"this optimizer sums gradients over no other device, found {replicas} replicas, expected one; use "
                "keras.optimizers.AdamW with them"
            )
        return grads_and_vars


def _replicas() -> int:
    """Return how many replicas TensorFlow trains side by side; only its trainer asks for the sum of gradients."""
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)
