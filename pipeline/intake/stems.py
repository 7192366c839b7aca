"""What the names of files say: a class, and what belongs together. Guesses, for a person to confirm.

Conventions: a stem is a file's name without its ending. A scheme reads stems of one published data set; where none
fits, parts between `_`, `-` and blanks are compared over all stems.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_FITS = 0.95
_FITS_SOME = 0.8  # what belongs together: clips whose name is another stand alone
_MOST_CLASSES = 200


@dataclass(frozen=True)
class Scheme:
    """How names are made: which part of them is the class, which the group; either may be None."""

    words: str
    pattern: re.Pattern[str]


def _scheme(words: str, pattern: str) -> Scheme:
    return Scheme(words, re.compile(pattern))


SCHEMES = (
    _scheme("FOLD-SOURCE-TAKE-CLASS, as ESC-50", r"[1-5]-(?P<group>\d+)-[A-Z]-(?P<label>\d+)"),
    _scheme("SOURCE-CLASS-OCCURRENCE-SLICE, as UrbanSound8K", r"(?P<group>\d+)-(?P<label>\d)-\d+-\d+"),
    _scheme("seven numbers, the third the emotion, the last the actor, as RAVDESS",
            r"\d\d-\d\d-(?P<label>\d\d)-\d\d-\d\d-\d\d-(?P<group>\d\d)"),
    _scheme("ACTOR_SENTENCE_EMOTION_LEVEL, as CREMA-D", r"(?P<group>\d{4})_[A-Z]{3}_(?P<label>[A-Z]{3})_[A-Z]{2}"),
    _scheme("SPEAKER_nohash_TAKE, as Speech Commands", r"(?:[a-z]+_)?(?P<group>[0-9a-f]{6,8})_nohash_\d+(?:\.wav)?"),
    _scheme("DIGIT_SPEAKER_TAKE, as the spoken digits", r"(?P<label>\d)_(?P<group>[A-Za-z]\w*?)_\d+"),
    _scheme("SENTENCE-SPEAKER-b, as AN4", r"(?:an|cen)\d+-(?P<group>[a-z0-9]+)-b"),
)  # fmt: skip
_PARTS = re.compile(r"[_\-. ]+")
_NUMBERED = re.compile(r"(?P<label>[^\W\d_][^\d]*?)[_\-. ]*\(?\d+\)?")


@dataclass(frozen=True)
class Guess:
    """The text of one role for each stem, '' where there is none, and the reason in words."""

    values: list[str]
    why: str


def labels(stems: Sequence[str]) -> Guess | None:
    """Guess a class for each stem."""
    for scheme in SCHEMES:
        if "(?P<label>" in scheme.pattern.pattern and (values := _by(scheme, stems, "label")):
            return Guess(values, f"names are {scheme.words}")
    plain = [found["label"].strip(" _-.") if (found := _NUMBERED.fullmatch(stem)) else "" for stem in stems]
    if _is_class(plain):
        return Guess(plain, "the word that names begin with, before a number")
    for place, values in _columns(stems):
        if _is_class(values):
            return Guess(values, f"part {place + 1} of names such as {stems[0]!r}, which takes few values")
    return None


def groups(stems: Sequence[str], classes: Sequence[str]) -> Guess | None:
    """Guess for each stem what it belongs together with: a speaker, a source, a recording that was cut."""
    for scheme in SCHEMES:
        if "(?P<group>" in scheme.pattern.pattern and (values := _by(scheme, stems, "group")):
            # Where a class is one speaker's, speakers are the classes.
            held = Counter(label for label, _ in {(label, v) for label, v in zip(classes, values, strict=True) if v})
            if held and sum(n > 1 for n in held.values()) < len(held) / 2:
                return None
            return Guess(values, f"names are {scheme.words}")
    cut = [re.sub(r"[_\-. ]*\(?\d+\)?$", "", stem) for stem in stems]
    if is_group(cut, classes):
        return Guess(cut, "names that are the same but for the number at their end")
    for place, values in _columns(stems):
        if is_group(values, classes) and not all(value.isdigit() for value in values):
            return Guess(values, f"part {place + 1} of names such as {stems[0]!r}")
    return None


def _by(scheme: Scheme, stems: Sequence[str], role: str) -> list[str]:
    """Return what a scheme reads, or nothing where it does not fit nearly all stems."""
    matches = [scheme.pattern.fullmatch(stem) for stem in stems]
    least = _FITS if role == "label" else _FITS_SOME
    if sum(match is not None for match in matches) < max(2, least * len(stems)):
        return []
    values = [match[role] if match else "" for match in matches]
    return values if len(set(values)) > 1 else []


def _columns(stems: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Return the parts of stems by place, if they have the same number of parts."""
    parts = [_PARTS.split(stem) for stem in stems]
    widths = Counter(map(len, parts))
    width, fitting = widths.most_common(1)[0]
    if width < 2 or fitting < _FITS * len(stems):
        return []
    return [(i, [part[i] if len(part) == width else "" for part in parts]) for i in range(width)]


def _is_class(values: Sequence[str]) -> bool:
    """Whether texts look like classes: a few, each of several clips, of nearly all clips."""
    counts = Counter(value for value in values if value)
    return (
        1 < len(counts) <= min(_MOST_CLASSES, max(2, len(values) // 4))
        and counts.total() >= _FITS * len(values)
        and sum(n > 1 for n in counts.values()) >= 0.8 * len(counts)
    )


def is_group(values: Sequence[str], classes: Sequence[str]) -> bool:
    """Whether texts look like groups: of two clips or more on average, and of each class enough of them for folds."""
    found = Counter(value for value in values if value)
    if not found or found.total() < _FITS * len(values) or found.total() < 1.5 * len(found):
        return False
    pairs = {(label, value) for label, value in zip(classes, values, strict=True) if value and label}
    enough = Counter(label for label, _ in pairs)
    return bool(enough) and sum(n >= 4 for n in enough.values()) >= 0.8 * len(enough)
