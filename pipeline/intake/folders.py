"""What folders say: a folder a class, a split above it, families of classes, or what belongs together."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
SPLITS |= dict.fromkeys(("val", "valid", "validation", "dev", "development"), "train")
_UNLABELLED = {"unlabelled", "unlabeled", "unsorted", "inbox", "todo"}


@dataclass(frozen=True)
class Layout:
    """What the folders of each sound say; a list that is None was not found.

    Attributes:
        labels, splits, groups: a text a sound, '' where there is none.
        families: `{family: [class, ...]}`, empty if classes are not in families.
        why: the reason of each role that was found.
    """

    labels: list[str] | None
    splits: list[str] | None
    groups: list[str] | None
    families: dict[str, list[str]]
    why: dict[str, str]


def read(sounds: Sequence[str]) -> Layout:
    """Say what the folders of sounds, paths relative to where they lie, mean."""
    folders = [PurePosixPath(path).parts[:-1] for path in sounds]
    splits, folders, why = _splits(folders)
    folders = _varied(folders)
    depth = max(map(len, folders), default=0)
    if depth == 0 or len(set(folders)) < 2:
        return Layout(None, splits, None, {}, why)
    whole = [parts for parts in folders if len(parts) == depth]
    if depth == 1 or len(whole) < 0.9 * sum(map(bool, folders)):
        labels = [_label(parts[-1]) if parts else "" for parts in folders]
        return Layout(labels, splits, None, {}, why | {"label": "the folder that a sound lies in"})
    return _deep(folders, splits, why)


def _splits(folders: list[tuple[str, ...]]) -> tuple[list[str] | None, list[tuple[str, ...]], dict[str, str]]:
    """Return what the level of train and test says, if there is one, and the folders without it."""
    for level in range(min(3, max(map(len, folders), default=0))):
        at = [parts[level] if len(parts) > level else "" for parts in folders]
        said = {name: split_of(name) for name in set(at)}
        # `an4` beside `an4test`: what is not the test trains.
        rest_of = {re.sub("_*test(ing)?", "", name.casefold()) for name, split in said.items() if split == "test"}
        said = {name: split or ("train" if name.casefold() in rest_of else None) for name, split in said.items()}
        if len(set(said.values())) == 2 and all(said.values()):
            rest = [(*parts[:level], *parts[level + 1 :]) for parts in folders]
            shown = ", ".join(f"{name} as {split}" for name, split in sorted(said.items()))
            return [str(said[name]) for name in at], rest, {"split": f"the folders {shown}"}
    return None, folders, {}


def split_of(name: str) -> str | None:
    """Return `train` or `test` if a name says so: as a whole, or as one of its parts."""
    words = [word for word in re.split(r"[^a-z]+", name.casefold()) if word in SPLITS]
    return SPLITS[words[0]] if words else None


def _varied(folders: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return folders without the levels that are the same for all."""
    while folders and all(folders) and len({parts[0] for parts in folders}) == 1:
        folders = [parts[1:] for parts in folders]
    depth = max(map(len, folders), default=0)
    if depth and all(len(parts) == depth for parts in folders):
        varied = [level for level in range(depth) if len({parts[level] for parts in folders}) > 1]
        folders = [tuple(parts[level] for level in varied) for parts in folders]
    return folders


def _deep(folders: list[tuple[str, ...]], splits: list[str] | None, why: dict[str, str]) -> Layout:
    """Tell two levels apart: family and class, class and recording, or speaker and class in either order."""
    upper = [parts[-2] if len(parts) > 1 else "" for parts in folders]
    lower = [parts[-1] if parts else "" for parts in folders]
    above: dict[str, set[str]] = defaultdict(set)
    for one, other in zip(upper, lower, strict=True):
        above[other].add(one)
    crossed = sum(len(found) > 1 for found in above.values()) > len(above) / 2
    if crossed:
        first = _numbered(lower) > _numbered(upper) or (
            _numbered(lower) == _numbered(upper) and len(set(upper)) < len(set(lower))
        )
        labels, groups = (upper, lower) if first else (lower, upper)
        place = "upper" if first else "lower"
        said = {"label": f"the {place} of two folders, as the other recurs in each", "group": "the other folder"}
        return Layout([_label(name) for name in labels], splits, groups, {}, why | said)
    sizes = Counter(zip(upper, lower, strict=True))
    if len(sizes) > 5 * len(set(upper)) or _numbered(lower) > 0.5 > _numbered(upper):
        groups = [f"{one}/{other}" for one, other in zip(upper, lower, strict=True)]
        said = {"label": "the upper of two folders", "group": "the lower of two folders, of which each class has many"}
        return Layout([_label(name) for name in upper], splits, groups, {}, why | said)
    families: dict[str, list[str]] = defaultdict(list)
    for name, found in sorted(above.items()):
        if _label(name):
            families[min(found)].append(name)
    said = {"label": "the folder that a sound lies in", "family": "the folder above it"}
    kept = dict(families) if all(len(found) == 1 for found in above.values()) and len(families) > 1 else {}
    return Layout([_label(name) for name in lower], splits, None, kept, why | said)


def _numbered(names: Sequence[str]) -> float:
    """Share of the different names that hold a digit, as those of speakers and recordings do."""
    found = set(names)
    return sum(any(c.isdigit() for c in name) for name in found) / max(1, len(found))


def _label(folder: str) -> str:
    return "" if folder.casefold().strip("_-. ") in _UNLABELLED else folder
