"""The Keras backend, the device and the precision: decided here, once a process, and nowhere else.

Conventions: call `configure` before anything builds a model. The backend is Keras' own choice
(`KERAS_BACKEND`: tensorflow, jax or torch; tensorflow where unset).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import ParamsError

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def _no_chatter() -> Iterator[None]:
    """Keep what TensorFlow's C++ side prints while it loads, whatever its log level, off the terminal."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with _no_chatter():
    import keras

Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
CPUINFO = Path("/proc/cpuinfo")
# What processors that multiply bfloat16 say of themselves; others imitate it, slower than float32.
_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})


@dataclass(frozen=True)
class Machine:
    """What training runs on; `threads` of the CPU compute a network, None: as many as the backend likes."""

    backend: str
    versions: dict[str, str]
    device: str
    precision: Precision
    threads: int | None = None


def configure(device: Literal["auto", "cpu", "gpu"], precision: Precision, *, threads: int | None = None) -> Machine:
    """Choose device and precision for this process and make operations deterministic.

    `threads` is how many TensorFlow and PyTorch compute with on a CPU; sums are split among them, so that another
    number gives other last digits. It is theirs also where fewer cores are allowed. TensorFlow keeps the number with
    which a process began to compute: `Machine.threads` says which it is. JAX heeds the cores that are allowed alone.
    None: as many as they like.

    Raises:
        ParamsError: `compute.device: gpu` and the backend sees none (it would fall back to the CPU silently).
    """
    backend = keras.backend.backend()
    chosen = _choose_device(backend, device)
    policy = choose_precision(backend, chosen) if precision == "auto" else precision
    keras.mixed_precision.set_dtype_policy(policy)
    fixed = _THREADS[backend](threads) if threads is not None and chosen == "cpu" and backend in _THREADS else None
    versions = {name: version(name) for name in ("keras", backend, "numpy")}
    return Machine(backend=backend, versions=versions, device=chosen, precision=policy, threads=fixed)


def _choose_device(backend: str, wanted: str) -> str:
    hide, count = _DEVICES[backend]
    if wanted == "cpu":
        hide()
        return "cpu"
    found = count()
    if wanted == "gpu" and not found:
        raise ParamsError(
            f"compute.device: gpu, but {backend} sees none; install the GPU build (docs/dvc.md, 'A GPU'), "
            "or set compute.device to auto or cpu"
        )
    return "gpu" if found else "cpu"


def choose_precision(backend: str, device: str) -> Precision:
    """Return what `precision: auto` stands for: bfloat16 where the machine multiplies it faster than float32."""
    fast = device == "gpu" or (backend == "tensorflow" and not _BFLOAT16.isdisjoint(_processor_flags()))
    return "mixed_bfloat16" if fast else "float32"


def _processor_flags() -> set[str]:
    """Return what Linux says that the processor can do; nothing on other systems."""
    try:
        lines = CPUINFO.read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), set())


def _tensorflow_hide() -> None:
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    tf.config.experimental.enable_op_determinism()


def _tensorflow_count() -> int:
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return len(gpus)


def _jax_hide() -> None:
    import jax

    jax.config.update("jax_platforms", "cpu")


def _jax_count() -> int:
    import jax

    return sum(device.platform == "gpu" for device in jax.devices())


def _torch_hide() -> None:
    # Keras chooses PyTorch's device when it is imported, which has happened by now.
    if _torch_count() and os.environ.get("KERAS_TORCH_DEVICE") != "cpu":
        raise ParamsError("compute.device: cpu, but PyTorch has a GPU; run with KERAS_TORCH_DEVICE=cpu to keep off it")


def _torch_count() -> int:
    import torch

    torch.use_deterministic_algorithms(True, warn_only=True)
    return int(torch.cuda.device_count())


def _tensorflow_threads(threads: int) -> int | None:
    import tensorflow as tf

    with suppress(RuntimeError):  # it has computed before
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    return tf.config.threading.get_intra_op_parallelism_threads() or None


def _torch_threads(threads: int) -> int:
    import torch

    torch.set_num_threads(threads)
    return threads


_THREADS = {"tensorflow": _tensorflow_threads, "torch": _torch_threads}
_DEVICES: dict[str, Any] = {
    "tensorflow": (_tensorflow_hide, _tensorflow_count),
    "jax": (_jax_hide, _jax_count),
    "torch": (_torch_hide, _torch_count),
}


def compiled() -> bool:
    """Whether to hand training to XLA: JAX is of no use without it, TensorFlow on a CPU is slower with it."""
    return bool(keras.backend.backend() == "jax")


def fresh(seed: int) -> None:
    """Forget all models of this process and seed everything that draws: what follows depends on `seed` alone."""
    policy = keras.mixed_precision.dtype_policy()
    # It forgets the precision, too.
    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy(policy)
    keras.utils.set_random_seed(seed)
