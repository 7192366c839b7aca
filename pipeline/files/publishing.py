"""Publishing: a file or folder is replaced as a whole or not at all, by renaming, so that a reader never sees half."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def publish(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success, put what was written there in its place.

    What a killed run left at the temporary path is removed first.
    Works for a file or for a folder (make it inside the block). On an error, what stood at `path` stays.

    Raises:
        OSError: the disk is full or fails; its `filename` is `path` where the system names none.
    """
    path = Path(path)
    temporary, old = path.with_name(f".{path.name}.tmp"), path.with_name(f".{path.name}.old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _put_back(old, path)
        _remove(temporary)
        yield temporary
        _flush(temporary)
        if temporary.is_dir() and path.exists():
            _remove(old)
            os.replace(path, old)
        os.replace(temporary, path)
        _remove(old)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        # Where even this fails, the next writer does it.
        with suppress(OSError):
            _put_back(old, path)
            _remove(temporary)


def _put_back(old: Path, path: Path) -> None:
    """Undo the first of the two renames that replace a folder, where the second was never made."""
    if old.is_dir() and not old.is_symlink() and not os.path.lexists(path):
        os.replace(old, path)


def _flush(path: Path) -> None:
    """Wait until a file, or each file of a folder, is on the disk: some file systems say only then that it is full."""
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file() and not file.is_symlink():
            number = os.open(file, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
