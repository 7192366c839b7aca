"""What lies in a folder: sounds, tables, and what is passed over; nothing is opened but the heads of some sounds."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import soundfile
from tqdm import tqdm

from pipeline.audio.endings import ENDINGS, passed_over
from pipeline.errors import DataError
from pipeline.files import names

TABLES = frozenset({".csv", ".tsv", ".tab", ".jsonl", ".txt"})
_SHEETS = frozenset({".xls", ".xlsx", ".ods", ".numbers"})
_HEADS = 200


@dataclass
class Found:
    """What was found below `root`; paths are relative to it, with `/`.

    Attributes:
        sounds: sorted.
        texts: files that may be tables of labels, sorted.
        left_out: why files, folders and links are left out, with the paths.
        others: files of other kinds, by ending.
    """

    root: Path
    sounds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)

    def leave(self, why: str, path: str) -> None:
        self.left_out.setdefault(why, []).append(path)

    @property
    def formats(self) -> Counter[str]:
        """How many sounds there are of each ending."""
        return Counter(PurePosixPath(path).suffix.lower().lstrip(".") for path in self.sounds)


def check(folder: Path) -> Path:
    """Return the folder, absolute, if it can be looked at as one of sounds.

    Raises:
        DataError: it is none, may not be read, is a home folder or the whole disk.
    """
    try:
        here = folder.resolve()
        there = here.is_dir()
        exists = here.exists()
    except (OSError, RuntimeError) as error:
        raise DataError(f"{folder}: cannot be followed ({error}); expected a folder of sounds") from None
    if not there:
        what = "is a file" if exists else "found no such folder"
        near = f"; did you mean its folder, {str(folder.parent)!r}?" if exists else ""
        raise DataError(f"{folder}: {what}, expected a folder of sounds{near}")
    home = Path(os.path.expanduser("~")).resolve()
    if here == Path(here.anchor) or here == home or here in home.parents:
        what = (
            "the whole disk" if here == Path(here.anchor) else "a home folder" if here == home else "all home folders"
        )
        raise DataError(f"{folder}: is {what}, expected a folder of sounds alone; name the folder that holds them")
    return here


def look(folder: Path) -> Found:
    """Look through a folder and those in it, links to folders not followed, with a progress bar.

    Raises:
        DataError: as `check`, it cannot be read, or no sound is in it.
    """
    found = Found(check(folder))
    heard: list[str] = []
    with tqdm(desc=f"looking at {names.shown(str(folder))}", unit=" files", disable=None, leave=False) as bar:
        for path, entry in _walk(found):
            bar.update()
            suffix = PurePosixPath(path).suffix.lower()
            if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(found.root):
                found.leave("links that lead out of the folder", path)
            elif suffix in ENDINGS:
                heard.append(path)
            elif suffix in TABLES:
                found.texts.append(path)
            elif suffix in _SHEETS:
                found.leave("spreadsheets: save them as 'CSV UTF-8' to have them read", path)
            else:
                found.others[suffix or "no ending"] += 1
    found.texts.sort()
    _take(found, sorted(heard))
    if not found.sounds:
        raise DataError(f"{folder}: found no sound in it{_instead(found)}; name a folder that holds sounds")
    return found


def _walk(found: Found) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield each file with its path; folders that cannot be read, or are passed over, are noted."""
    left = [""]
    while left:
        where = left.pop()
        try:
            with os.scandir(found.root / where) as entries:
                for entry in entries:
                    path = f"{where}/{entry.name}" if where else entry.name
                    if passed_over(PurePosixPath(entry.name)):
                        found.leave("hidden, or left behind by a system", path)
                    elif entry.is_dir(follow_symlinks=False):
                        left.append(path)
                    elif entry.is_symlink() and _leads_to_folder(entry):
                        found.leave("links to folders, which are not followed", path)
                    else:
                        yield path, entry
        except OSError as error:
            if not where:
                raise DataError(
                    f"{found.root}: cannot be read ({error.strerror}); expected a folder of sounds that you may read"
                ) from None
            found.leave(f"folders that cannot be read ({error.strerror})", where)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _take(found: Found, heard: list[str]) -> None:
    """Keep the sounds that can be named in a table, each name once whatever the file system."""
    seen: dict[str, str] = {}
    for path in heard:
        key = names.fold(path)
        if not _is_unicode(path):
            found.leave("sounds whose names are not UTF-8: rename them", path)
        elif names.path_problem(path):
            found.leave("sounds whose names hold control characters, '\\' or a drive: rename them", path)
        elif key in seen:
            found.leave("sounds named like another but for case or Unicode form: rename them", path)
        else:
            seen[key] = path
            found.sounds.append(path)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _instead(found: Found) -> str:
    if found.left_out:
        why, paths = max(found.left_out.items(), key=lambda item: len(item[1]))
        return f", but {len(paths):,} {why}"
    if found.others or found.texts:
        kinds = ", ".join(f"{count:,} {ending}" for ending, count in found.others.most_common(3))
        return f" among {found.others.total() + len(found.texts):,} files{f' ({kinds})' if kinds else ''}"
    return ", it is empty"


@dataclass(frozen=True)
class Heads:
    """What the heads of some sounds say: seconds of each that could be read, and how many by sample rate."""

    looked_at: int
    seconds: list[float]
    rates: Counter[int]


def heads(found: Found) -> Heads:
    """Read the heads of at most 200 sounds, evenly spread."""
    step = max(1, len(found.sounds) // _HEADS)
    chosen = found.sounds[::step][:_HEADS]
    seconds: list[float] = []
    rates: Counter[int] = Counter()
    for path in chosen:
        try:
            head = soundfile.info(str(found.root / path))
        except (soundfile.SoundFileError, OSError, TypeError):
            continue
        if head.samplerate > 0 and 0 < head.frames < 2**40:
            seconds.append(head.frames / head.samplerate)
            rates[head.samplerate] += 1
    return Heads(len(chosen), seconds, rates)
