"""What determines a result, as one short text."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np


def digest(*parts: Any) -> str:
    """Return 32 hex digits that depend on every part: bytes, arrays (dtype, shape, values) or JSON values."""
    total = hashlib.sha256()
    for item in parts:
        if isinstance(item, np.ndarray):
            total.update(f"{item.dtype}{item.shape}".encode())
            item = np.ascontiguousarray(item).tobytes()
        elif not isinstance(item, bytes):
            item = json.dumps(item, sort_keys=True, allow_nan=False).encode()
        total.update(len(item).to_bytes(8, "big") + item)
    return total.hexdigest()[:32]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
