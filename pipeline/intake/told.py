"""What was understood of a folder, in lines for a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.files.names import alike, apart, shown
from pipeline.intake.folder import Found, Heads
from pipeline.intake.proposal import Parts, Proposal

_LISTED = 12


def folder(found: Found, heads: Heads) -> list[str]:
    """Say how many sounds there are, of which formats and how long, and what was left out."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.formats.most_common())
    lines = [f"sounds    {len(found.sounds):,} in {shown(str(found.root))}: {kinds}"]
    if heads.seconds:
        hours = sum(heads.seconds) / len(heads.seconds) * len(found.sounds) / 3600
        rates = ", ".join(f"{rate:,} Hz" for rate, _ in heads.rates.most_common(3))
        longest = max(heads.seconds)
        about = "" if len(heads.seconds) == len(found.sounds) else "about "
        length = f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
        lines.append(f"{about}{length} by the heads of {len(heads.seconds)}, at {rates}, up to {longest:.1f} s")
    if len(heads.seconds) < heads.looked_at:
        lines.append(
            f"{heads.looked_at - len(heads.seconds)} of {heads.looked_at} heads were not read; a run decodes them whole"
        )
    for why, paths in sorted(found.left_out.items()):
        lines.append(f"left out: {len(paths):,} {why}: {_some(map(shown, paths))}")
    if found.others:
        lines.append(f"no sounds: {', '.join(f'{n:,} {shown(kind)}' for kind, n in found.others.most_common(5))}")
    return _under(lines)


def proposal(made: Proposal, parts: Parts) -> list[str]:
    """Say what each clip's label, verification, group and split come from, and what is to be done first."""
    classes, unlabelled = made.classes, sum(not clip.label for clip in made.clips)
    most = ", ".join(f"{shown(name)} {count:,}" for name, count in sorted(classes.items(), key=_size)[:_LISTED])
    more = f", and {len(classes) - _LISTED} more" if len(classes) > _LISTED else ""
    lines = _under(
        [f"labels    {shown(made.means['labels'])}", *([f"{len(classes)} classes: {most}{more}"] if classes else [])]
    )
    if unlabelled:
        lines += [f"          {unlabelled:,} of {len(made.clips):,} clips have no label"]
    verified = sum(clip.verified for clip in made.clips)
    lines += [f"verified  {verified:,} of {len(made.clips):,}: {made.means['verified']}" if verified else
              f"verified  {made.means['verified']}"]  # fmt: skip
    lines += [f"groups    {shown(made.means['groups'])}", f"split     {shown(made.means['split'])}"]
    lines += [f"          {parts.train.total():,} labelled clips to train on, {parts.test.total():,} to test"]
    if made.families:
        listed = "; ".join(f"{name}: {', '.join(map(shown, members[:6]))}" for name, members in made.families.items())
        lines += _under([f"families  {made.means['families']}", listed])
    return lines + _under([f"note      {shown(made.notes[0])}", *map(shown, made.notes[1:])] if made.notes else [])


def problems(made: Proposal, parts: Parts, folds: int) -> list[str]:
    """Return what would stop a run, and what to do about each."""
    found = []
    if len(made.classes) < 2:
        found.append(
            f"{len(made.classes)} classes, and two are needed: put each class into a folder of its own, or list "
            "`path,label` in a table; --labels COLUMN, folder or name says where labels are"
        )
        return found
    for one, other in alike(made.classes):
        found.append(f"classes {one!r} and {other!r} {apart(one, other)}: write both the same way")
    small = sorted(name for name in made.classes if 0 < parts.groups[name] < 2)
    if small:
        found.append(
            f"too small: {_counted(small, made.classes)}: each class needs training clips of two groups; add clips, or "
            "leave the class out (take its rows out of clips.csv)"
        )
    untrained = sorted(set(made.classes) - set(parts.train))
    if untrained:
        found.append(f"only in the test: {_counted(untrained, made.classes)}: give some to train, or leave them out")
    groups = {clip.group or clip.path for clip in made.clips if clip.split != "test"}
    if len(groups) < folds:
        found.append(f"{len(groups)} groups, but folds is {folds}: set folds lower, or --group none")
    unverified = sorted(name for name in parts.train if not parts.verified[name])
    if len(unverified) == len(parts.train):
        found.append(
            "no label is verified, and Earmark learns what to believe from labels that somebody has checked: one a "
            "class at least, ten or more are better. Listen to some first: after --write, `earmark review --start` "
            "plays clips of every class. Or set verified to 1 in clips.csv; or, if all labels are sure: --verified all"
        )
    elif unverified:
        found.append(
            f"no training clip is verified of {_counted(unverified, made.classes)}: check one of each "
            "(`earmark review --start`), or leave the class out"
        )
    return found


def advice(made: Proposal, parts: Parts, folds: int) -> list[str]:
    """Return what does not stop a run, and is worth knowing."""
    few = sorted(name for name in parts.train if 2 <= parts.groups[name] < folds)
    if not few:
        return []
    return [f"fewer groups than folds ({folds}): {_counted(few, parts.groups)}: lower folds, or add clips"]


def _counted(names: Sequence[str], counts: Counter[str]) -> str:
    return _some((f"{shown(name)} ({counts[name]})" for name in names), 500)


def _some(texts: Iterable[str], most: int = 3) -> str:
    texts = list(texts)
    return ", ".join(texts[:most]) + (f", and {len(texts) - most:,} more" if len(texts) > most else "")


def _size(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _under(lines: Sequence[str]) -> list[str]:
    return [line if i == 0 else f"          {line}" for i, line in enumerate(lines)]
