"""Files below `data/raw`: links that `prepare` made, and nothing that they were changed into since.

A link may lead anywhere: to where the user's sounds lie. So where it leads says nothing, but what a run has heard is
known by its checksum (`features/index.csv`), and a link to another file has another one. `heard` compares it on the
very file that it opens; `below` sees to it that a table's path leads to a regular file by folders of the run's own.
"""

import hashlib
import os
import stat
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pipeline.errors import DataError
from pipeline.files.shown import plain


def below(raw: Path, path: str) -> Path:
    """Return the real path of the sound `path` below `raw`; the last link is followed, links among the folders are not.

    Raises:
        DataError: it leads out of `raw`, is missing, or is no regular file; the message begins with `path`.
    """
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts or "\0" in path:
        raise DataError(f"{plain(path)}: leads out of the folder of sounds")
    if Path(os.path.realpath((raw / parts).parent)) != Path(os.path.realpath(raw)) / parts.parent:
        raise DataError(f"{plain(path)}: one of its folders is a link, which nobody here has made")
    try:
        real = Path(os.path.realpath(raw / parts, strict=True))
        if not stat.S_ISREG(os.lstat(real).st_mode):
            raise DataError(f"{plain(path)}: is no regular file")
    except OSError as error:
        raise DataError(f"{plain(path)}: cannot be opened: {error.strerror or error}") from None
    return real


def heard(raw: Path, path: str, sha256: str) -> BinaryIO:
    """Return the sound `path` below `raw`, opened at its first byte, if it is the one of that checksum.

    It is opened once, without waiting for a pipe, and what is returned is what was compared.

    Raises:
        DataError: as `below`, or it is another sound than the run has heard; the message begins with `path`.
    """
    real = below(raw, path)
    with ExitStack() as stack:
        try:
            number = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            file = stack.enter_context(os.fdopen(number, "rb"))
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise DataError(f"{plain(path)}: is no regular file")
            found = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
        except OSError as error:
            raise DataError(f"{plain(path)}: cannot be opened: {error.strerror or error}") from None
        if found != sha256:
            raise DataError(f"{plain(path)}: another sound than the run has heard; run `dvc repro`")
        stack.pop_all()
    return file
