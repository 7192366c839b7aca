"""The sounds of the clips that leave: linked or copied, and none but those that the run heard."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline.compute.progress import bar
from pipeline.errors import DataError
from pipeline.files.fingerprint import sha256
from pipeline.files.inside import below
from pipeline.files.shown import plain

# Another file system, one without such links, too many links, or somebody else's file.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EACCES}


def place(clips: pd.DataFrame, raw: Path, names: list[Path], *, link: bool) -> int:
    """Put the sound of each clip where `names` says; return how many were copied although `link` asked for links.

    A link is a hard one: a second name of the same file, which takes no room and leads nowhere.

    Raises:
        DataError: sounds are gone, or others than the run has heard; nothing else is put there instead.
    """
    copied, wrong = 0, []
    for path, expected, name in _each(clips, names):
        try:
            source = below(raw, path)
            name.parent.mkdir(parents=True, exist_ok=True)
            linked = link and _linked(source, name)
            if not linked:
                shutil.copyfile(source, name)
                copied += link
            if sha256(name) != expected:
                wrong.append(f"{plain(path)}: another sound than the run has heard")
        except DataError as error:
            wrong.append(str(error))
    if wrong:
        more = f"\n  and {len(wrong) - 20} more" if len(wrong) > 20 else ""
        listed = "\n".join(f"  {line}" for line in wrong[:20])
        raise DataError(f"{raw}: {len(wrong)} sounds are gone or have changed\n{listed}{more}\nRun `dvc repro` first")
    return copied


def _each(clips: pd.DataFrame, names: list[Path]) -> Iterator[tuple[str, str, Path]]:
    with bar(total=len(clips), title="exporting", unit="clip") as progress:
        for path, expected, name in zip(clips["path"], clips["sha256"], names, strict=True):
            yield path, expected, name
            progress.update()


def _linked(source: Path, name: Path) -> bool:
    try:
        os.link(source, name)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        return False
    return True
