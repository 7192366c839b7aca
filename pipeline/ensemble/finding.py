"""Which files there are to be labelled, and what is left out: nothing is passed over without a word."""

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.audio.endings import ENDINGS, is_sound, passed_over
from pipeline.errors import DataError
from pipeline.files.shown import plain

NAMED = 8  # endings that are named one by one


@dataclass
class Found:
    """What was found below the paths that somebody named.

    Attributes:
        files: to be labelled, in the order of the paths, sorted within a folder.
        others: how many files end as no sound does, by ending in lower case.
        hidden: files and folders that are hidden, or that a system left behind.
        links: links to folders, which are not followed: they may lead in a circle.
        unread: folders that could not be looked into, and why.
    """

    files: list[Path] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    links: int = 0
    unread: list[tuple[Path, str]] = field(default_factory=list)

    def left_out(self) -> list[str]:
        """Return what is to be said of all that is not labelled, a line each; [] where there is nothing."""
        said = [f"{plain(path)}: not looked into: {why}" for path, why in self.unread]
        if self.others:
            said.append(
                f"left out, as their endings are of no sound: {_counted(self.others)}; a file named itself is read"
            )
        if self.hidden:
            said.append(f"left out, as hidden or left behind by a system: {self.hidden}")
        if self.links:
            said.append(f"left out, as links to folders: {self.links}; name a folder itself, and it is looked into")
        return said


def find(paths: list[Path]) -> Found:
    """Return the files named, and the sounds below the folders named.

    Raises:
        DataError: a path does not exist or may not be looked at, or a folder holds no sound.
    """
    found = Found()
    for path in paths:
        if _is_folder(path):
            before = len(found.files)
            _look_through(path, found)
            if len(found.files) == before:
                raise DataError(_nothing(path, found))
        else:
            found.files.append(path)
    return found


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(path):
            return False  # it leads nowhere, and is said to be missing like any other file
        raise DataError(f"{plain(path)}: no such file or folder") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{_short(path)}: cannot be looked at: {why}") from None


def _short(path: Path) -> str:
    text = plain(path)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _look_through(root: Path, found: Found) -> None:
    def unread(error: OSError) -> None:
        found.unread.append((Path(error.filename), error.strerror or str(error)))

    sounds: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=unread):
        here = Path(folder)
        kept = []
        for name in sorted(folders):
            below = here / name
            if passed_over(below.relative_to(root)):
                found.hidden += 1
            elif below.is_symlink():
                found.links += 1
            else:
                kept.append(name)
        folders[:] = kept
        for name in names:
            below = here / name
            if is_sound(below.relative_to(root)):
                sounds.append(below)
            elif passed_over(below.relative_to(root)):
                found.hidden += 1
            else:
                found.others[below.suffix.lower()] += 1
    found.files += sorted(sounds)


def _nothing(path: Path, found: Found) -> str:
    whole = next((why for folder, why in found.unread if folder == path), None)
    if whole:
        return f"{plain(path)}: cannot be looked into: {whole}"
    said = "".join(f"; {line}" for line in found.left_out())
    return f"{plain(path)}: no audio in this folder; expected files ending in {', '.join(sorted(ENDINGS))}{said}"


def _counted(others: Counter[str]) -> str:
    most = others.most_common()
    said = [f"{count} {plain(ending) if ending else 'without an ending'}" for ending, count in most[:NAMED]]
    rest = sum(count for _, count in most[NAMED:])
    return ", ".join(said + ([f"{rest} others"] if rest else []))
