"""A folder of sounds understood as a data set: each clip with its label, and why it is thought so."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import DataError
from pipeline.files import names
from pipeline.files.faults import listed
from pipeline.intake import folders, labelled, stems
from pipeline.intake.folder import Found
from pipeline.intake.labelled import Clip, Source
from pipeline.plugins.datasets._splits import hold_out

TEST_FRACTION = 0.2


@dataclass(frozen=True)
class Wishes:
    """What somebody says in the place of a guess; None leaves it to us.

    Attributes:
        table: the file of the labels.
        labels: a column of it, `folder` or `name`.
        group: a column, `folder`, `name` or `none`.
        verified: a column, `all` or `none`.
        split: a column, `folder`, `none`, or the share to be tested.
    """

    table: Path | None = None
    labels: str | None = None
    group: str | None = None
    verified: str | None = None
    split: str | None = None


@dataclass
class Proposal:
    """What clips.csv is to hold, and how it came to that.

    Attributes:
        clips: sorted by path.
        means: by role (labels, verified, groups, split, families), what was taken and why.
        notes: what else a person should know.
        families: `{family: [class, ...]}` or empty.
        test_fraction: share to be tested; None where the clips have a split.
        source: the table that labels come from, relative to the folder; else what they come from.
    """

    found: Found
    clips: list[Clip]
    means: dict[str, str]
    notes: list[str]
    families: dict[str, list[str]] = field(default_factory=dict)
    test_fraction: float | None = TEST_FRACTION
    source: str = ""

    @property
    def classes(self) -> Counter[str]:
        """How many clips there are of each class."""
        return Counter(clip.label for clip in self.clips if clip.label)


def propose(found: Found, wishes: Wishes) -> Proposal:
    """Return what is thought of a folder.

    Raises:
        DataError: a wish cannot be met, or texts hold what no table can.
    """
    source = labelled.choose(found, wishes.table, wishes.labels)
    layout = folders.read([clip.path for clip in source.clips])
    proposal = Proposal(found, source.clips, {"labels": source.why}, list(source.notes), source=source.name)
    _check_texts(source)
    _verify(proposal, source, wishes.verified)
    _split(proposal, source, layout, wishes.split)
    _group(proposal, source, layout, wishes)
    if source.kind == "folder" and layout.families:
        kept = {
            family: [name for name in members if name in proposal.classes]
            for family, members in layout.families.items()
        }
        proposal.families = {_family(family): members for family, members in kept.items() if members}
        proposal.means["families"] = f"{len(proposal.families)}: {layout.why['family']}"
    return proposal


def _family(name: str) -> str:
    """Return a name that may stand for a family in params.yaml."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name).lstrip("_-")
    return plain[:60] or "family"


def _check_texts(source: Source) -> None:
    odd = [
        f"{source.name}: {clip.path!r}: {role} {text!r}: found the control character {names.control(text)}; remove it"
        for clip in source.clips
        for role, text in (("label", clip.label), ("group", clip.group), ("uploader", clip.uploader))
        if names.control(text)
    ]
    if odd:
        raise DataError(listed(odd, "texts to mend"))


def _set(proposal: Proposal, role: str, values: Sequence[Any]) -> None:
    proposal.clips = [replace(clip, **{role: value}) for clip, value in zip(proposal.clips, values, strict=True)]


def _verify(proposal: Proposal, source: Source, wish: str | None) -> None:
    if wish in ("all", "none"):
        _set(proposal, "verified", [wish == "all" and bool(clip.label) for clip in proposal.clips])
        proposal.means["verified"] = f"{wish}, as you say"
    elif wish is not None:
        cells = source.column(wish, "--verified")
        flags = [labelled.says_yes(cell) for cell in cells]
        if None in flags:
            odd = next(cell for cell, flag in zip(cells, flags, strict=True) if flag is None)
            raise DataError(
                f"--verified {wish}: found {odd!r} in that column, expected 1 or 0, true or false, yes or no"
            )
        _set(
            proposal,
            "verified",
            [bool(flag) and bool(clip.label) for flag, clip in zip(flags, proposal.clips, strict=True)],
        )
        proposal.means["verified"] = f"column {wish!r}, as you say"
    else:
        proposal.means["verified"] = source.verified


def _split(proposal: Proposal, source: Source, layout: folders.Layout, wish: str | None) -> None:
    share = _share(wish)
    if share is not None:
        _unsplit(
            proposal, f"{share:.0%} of each class are drawn for the test, whole groups at a time, as you say", share
        )
    elif wish not in (None, "folder"):
        values = [folders.split_of(cell) or "" for cell in source.column(str(wish), "--split")]
        if set(values) != {"train", "test"}:
            raise DataError(
                f"--split {wish}: found no train and test in that column; name another, none, or a share as 0.2"
            )
        _set(proposal, "split", values)
        proposal.means["split"], proposal.test_fraction = f"column {wish!r}, as you say", None
    elif source.split and wish is None:
        proposal.means["split"], proposal.test_fraction = source.split, None
    elif layout.splits is not None:
        _set(proposal, "split", layout.splits)
        proposal.means["split"], proposal.test_fraction = layout.why["split"], None
    elif wish == "folder":
        raise DataError(
            "--split folder: no folders named train and test hold the sounds; name a column, or a share as 0.2"
        )
    else:
        why = f"none given: {TEST_FRACTION:.0%} of each class are drawn for the test, whole groups at a time"
        _unsplit(proposal, why, TEST_FRACTION)


def _unsplit(proposal: Proposal, why: str, share: float) -> None:
    _set(proposal, "split", [""] * len(proposal.clips))
    proposal.means["split"], proposal.test_fraction = why, share


def _share(wish: str | None) -> float | None:
    if wish == "none":
        return 0.0
    try:
        value = float(wish or "")
    except ValueError:
        return None
    if not 0 <= value < 1:
        raise DataError(f"--split {wish}: expected a share from 0 to below 1, a column, folder or none")
    return value


def _group(proposal: Proposal, source: Source, layout: folders.Layout, wishes: Wishes) -> None:
    """Find what belongs together; a guess that contradicts a split that came with the data is not taken."""
    wish, classes = wishes.group, [clip.label for clip in proposal.clips]
    stem = [PurePosixPath(clip.path).stem for clip in proposal.clips]
    named = source.named_groups or (lambda: stems.groups(stem, classes))
    values, why = [""] * len(proposal.clips), "none: each clip stands alone; --group COLUMN says what belongs together"
    ways: dict[str, Callable[[], stems.Guess | None]] = {
        "folder": lambda: stems.Guess(layout.groups, layout.why["group"]) if layout.groups else _parents(proposal),
        "name": named,
    }
    if wish == "none":
        why = "none, as you say: each clip stands alone"
    elif wish in ways:
        guess = ways[wish]()
        if guess is None:
            raise DataError(
                f"--group {wish}: nothing in the {wish}s says what belongs together; name a column, or none"
            )
        values, why = guess.values, f"{guess.why}, as you say"
    elif wish is not None:
        values, why = [names.tidy(cell) for cell in source.column(wish, "--group")], f"column {wish!r}, as you say"
    elif source.group:
        values, why = [clip.group for clip in proposal.clips], source.group
    elif source.kind == "folder" and layout.groups:
        values, why = layout.groups, layout.why["group"]
    elif guess := named():
        values, why = guess.values, f"{guess.why}: a guess; --group none if it is wrong"
    if proposal.test_fraction is None and source.kind == "folder" and not _shared(proposal):
        proposal.notes.append(
            "folders of training and test have no class in common: they may be speakers or places, not classes; a "
            "table `path,label` says what the classes are"
        )
    across = _across(proposal, values)
    if across and wish is None and not source.group:
        values, why = [""] * len(values), f"none: {why}, but {len(across):,} of these are in both splits"
        proposal.notes.append(
            "clips of one speaker or source may be in both splits, so that scores flatter; --split 0.2 draws anew"
        )
    elif across:
        _unsplit(
            proposal,
            f"not as given, where {len(across):,} groups are in both: {TEST_FRACTION:.0%} are drawn",
            TEST_FRACTION,
        )
    _set(proposal, "group", values)
    count = len({value for value in values if value})
    proposal.means["groups"] = f"{count:,}: {why}" if count else why


def _parents(proposal: Proposal) -> stems.Guess:
    return stems.Guess([PurePosixPath(clip.path).parent.as_posix() for clip in proposal.clips], "the folder")


def _shared(proposal: Proposal) -> set[str]:
    sides = [{clip.label for clip in proposal.clips if clip.split == side} for side in ("train", "test")]
    return sides[0] & sides[1]


def _across(proposal: Proposal, groups: Sequence[str]) -> set[str]:
    sides = {(group, clip.split) for group, clip in zip(groups, proposal.clips, strict=True) if group and clip.split}
    return {group for group, count in Counter(group for group, _ in sides).items() if count > 1}


@dataclass(frozen=True)
class Parts:
    """What training and test get of each class: how many clips, verified ones, and groups."""

    train: Counter[str]
    test: Counter[str]
    verified: Counter[str]
    groups: Counter[str]


def parts(proposal: Proposal, seed: int) -> Parts:
    """Return how the clips would be split, as the data set `csv` does it."""
    clips = proposal.clips
    tested = [clip.split == "test" for clip in clips]
    if proposal.test_fraction:
        labels, groups = [clip.label for clip in clips], [clip.group or clip.path for clip in clips]
        tested = [bool(one) for one in hold_out(labels, groups, fraction=proposal.test_fraction, seed=seed)]
    train = [clip for clip, test in zip(clips, tested, strict=True) if not test and clip.label]
    return Parts(
        Counter(clip.label for clip in train),
        Counter(clip.label for clip, test in zip(clips, tested, strict=True) if test and clip.label),
        Counter(clip.label for clip in train if clip.verified),
        Counter(label for label, _ in {(clip.label, clip.group or clip.path) for clip in train}),
    )
