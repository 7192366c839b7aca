"""Files below `data/raw`: links that `prepare` made, and nothing that they were changed into since.

What a run has heard is known by its checksum (`features/index.csv`); who hands a sound on compares it. Here is seen to
it that what is opened is a regular file that the table's path itself names, within the folder.
"""

import os
import stat
from pathlib import Path, PurePosixPath

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
