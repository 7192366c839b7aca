"""The header of a `.npy`, believed only as far as there are bytes for what it promises."""

import math
from typing import BinaryIO

import numpy as np

# Of the numbers that we write; none of them is an object, a text, or a record.
KINDS = "biuf"
_AXES = 8


class NotAnArray(Exception):
    """What is there is no array, or another than its header says."""


def header(file: BinaryIO, size: int) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Return shape, whether columns come first (Fortran's order), and dtype; `file` is then where the numbers begin.

    Args:
        file: stands where the array begins.
        size: the bytes from there to its end, which the array has to fill.

    Raises:
        NotAnArray: no header, an impossible one, or not as many bytes as it promises. Nothing is allocated before.
    """
    begin = file.tell()
    try:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):  # the header of another may claim to be gigabytes long; ours never need it
            raise NotAnArray(f"of version {version[0]}.{version[1]}, expected 1.0")
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)
    except NotAnArray:
        raise
    except Exception as error:  # numpy reads it as Python, and whatever that may raise comes through
        raise NotAnArray(" ".join(str(error).split())[:200] or "no header of an array") from None
    _possible(shape, dtype, size - (file.tell() - begin))
    return shape, by_column, dtype


def _possible(shape: tuple[int, ...], dtype: np.dtype, size: int) -> None:
    if dtype.kind not in KINDS or dtype.names or dtype.shape:
        raise NotAnArray(f"of {str(dtype)[:60]}, expected numbers")
    if len(shape) > _AXES or any(isinstance(n, bool) or n < 0 for n in shape):
        raise NotAnArray(f"of the shape {str(shape)[:60]}")
    # A length of nothing is no licence for the others: numpy multiplies them all.
    promised, largest = math.prod(shape) * dtype.itemsize, math.prod(n for n in shape if n) * dtype.itemsize
    if promised != size or largest > 2**62:
        raise NotAnArray(f"its header promises {promised} bytes of {dtype}{shape}, there are {size}"[:200])
