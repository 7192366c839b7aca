"""Batch normalisation by TensorFlow's fused kernel, where there is one."""

from typing import Any

import keras
from keras import ops


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer, but a training step of images by one kernel of TensorFlow instead of a dozen.

    Keras 3 computes the moments and the result one operation after the other, which on a CPU takes a good part of a
    step (`benchmarks.normalisation`). Other backends, other shapes and inference are Keras' own.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise (batch, frames, bins, channels) by the moments of the batch, and take them down."""
        fused = keras.backend.backend() == "tensorflow" and len(inputs.shape) == 4 and self.axis in (-1, 3)
        if not (fused and training and self.trainable) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        # Whatever the precision of the images, moments are float32.
        y, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        # The kernel returns the unbiased variance; Keras keeps the biased one.
        count = ops.cast(ops.size(inputs) // inputs.shape[-1], "float32")
        self._keep(self.moving_mean, mean)
        self._keep(self.moving_variance, variance * (count - 1) / count)
        return y

    def _keep(self, moving: Any, now: Any) -> None:
        moving.assign(moving * self.momentum + now * (1 - self.momentum))
