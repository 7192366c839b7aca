"""What can be the matter with a clip, a class or a group, by the name that tables give it.

`FLAGS` are noticed as a file is decoded and stand in `features/index.csv`, column `flags`, as text:
`clipped: 3.1% of the samples at full scale; header: says 22 frames, holds 22,050`. `FOUND` are found by comparing
clips. `audit/audit.csv` has both, a row each. What is said of one in words follows a colon and holds no semicolon.
"""

from collections.abc import Mapping

# In the order in which they are shown: what is worst first.
FLAGS = {
    "header": "the header says another length than the file holds",
    "out_of_phase": "the channels cancel each other, so that one alone is heard",
    "dead_channel": "a channel is silent",
    "silent": "no sound at all",
    "constant": "the same value throughout",
    "mostly_silent": "hardly any sound",
    "clipped": "cut off at full scale",
    "band": "most of the sound lies outside the band that is heard",
    "upsampled": "nothing in the upper part of the band that its sample rate promises",
    "short": "shorter than a window",
    "capped": "longer than what is read",
    "streamed": "the header gives no length",
}
FOUND = {
    "quarantined": "cannot be read",
    "conflict": "the same sound under two labels",
    "across_split": "the same sound in training and test",
    "same_sound": "the same sound twice",
    "nearly_same": "nearly the same sound twice",
    "unlike_class": "verified, and sounds like another class",
    "placeholder": "a label that stands for nothing",
    "small_class": "a class of few clips",
    "imbalance": "one class has far more clips than another",
    "large_group": "one group has most clips of a class",
}
PROBLEMS = {**FLAGS, **FOUND}


def to_text(flags: Mapping[str, str]) -> str:
    """Return flags, each with what is said of it (may be empty), as the text of a cell, in the order of `FLAGS`.

    Raises:
        KeyError: a flag that is none.
    """
    for name in flags:
        FLAGS[name]
    return "; ".join(f"{name}: {flags[name]}" if flags[name] else name for name in FLAGS if name in flags)


def from_text(cell: str) -> dict[str, str]:
    """Return the flags of a cell, each with what is said of it."""
    parts = (part.partition(": ") for part in cell.split("; ") if part)
    return {name: said for name, _, said in parts}
