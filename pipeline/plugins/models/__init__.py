"""Networks: one module each, `build(input_shape, n_outputs, ...)` returns a Keras model."""
