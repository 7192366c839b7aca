"""Texts that are compared, such as labels and groups: what may stand in them, and which look alike.

Two texts look alike if a reader takes one for the other: they differ by case, by Unicode form, by blanks, by
characters that cannot be seen, or by letters of two scripts that are drawn the same (Cyrillic for Latin). The table
of these letters is short on purpose. It holds what keyboards and copying mix up, and no pair within one script (`l`
and `1`, `O` and `0`), for spoken letters and digits are classes of real data sets. After Unicode Technical Standard
39, whose whole table would also refuse names that are merely near.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

# Shown as nothing, although Unicode has them as letters or marks; all others are of category Cf.
_UNSEEN = set("\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}
_UNSEEN |= {chr(c) for c in (*range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))}
_BLANK = "\u2800"
# Needed in the spelling of some languages, and in emoji; kept there, and not compared.
_JOINERS = "\u200c\u200d"
_SMALL = {
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "һ": "h",
    "ԁ": "d", "ԛ": "q", "ԝ": "w", "ѵ": "v", "ӏ": "l", "г": "r", "п": "n", "α": "a", "ο": "o", "ρ": "p", "ν": "v",
    "ι": "i", "υ": "u", "γ": "y", "ϲ": "c", "ϳ": "j", "ɑ": "a", "ɡ": "g", "ı": "i", "ո": "n", "ս": "u", "օ": "o",
    "հ": "h",
}  # fmt: skip
_LARGE = {
    "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y",
    "Х": "X", "І": "I", "Ј": "J", "Ѕ": "S", "Ԛ": "Q", "Ԝ": "W", "Ѵ": "V", "Ӏ": "I", "Α": "A", "Β": "B", "Ε": "E",
    "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X",
    "Ϲ": "C", "Օ": "O", "Տ": "S", "Ս": "U",
}  # fmt: skip
_SIGNS = dict.fromkeys("‐‑‒–—−⁃", "-") | dict.fromkeys("’‘ʼ`´′", "'") | dict.fromkeys("“”„″", '"')
_SMALL_KEY, _LARGE_KEY = str.maketrans(_SMALL | _SIGNS), str.maketrans(_LARGE | _SIGNS)
_BOTH_KEY = str.maketrans(_SMALL | _LARGE | _SIGNS)


def tidy(text: str) -> str:
    """Return `text` as it looks: without what cannot be seen, each run of blanks one blank, none at the ends."""
    if text.isascii():
        return (
            " ".join(text.split(" "))
            if "  " not in text and text == text.strip(" ")
            else re.sub(" +", " ", text.strip(" "))
        )
    kept = (c for i, c in enumerate(text) if not _unseen(c) or (c in _JOINERS and _joins(text[i - 1 : i + 2])))
    return re.sub(" +", " ", "".join(" " if _is_blank(c) else c for c in kept)).strip(" ")


def _unseen(c: str) -> bool:
    return c in _UNSEEN or unicodedata.category(c) == "Cf"


def _is_blank(c: str) -> bool:
    return c == _BLANK or unicodedata.category(c) in ("Zs", "Zl", "Zp")


def _joins(around: str) -> bool:
    """Whether a joiner in the middle of three characters has a use: between letters that join, or pictures."""
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in (around[:1], around[2:])} if len(around) == 3 else set()
    return bool(scripts) and not scripts & {"", "LATIN", "CYRILLIC", "GREEK", "DIGIT", "SPACE", "HYPHEN-MINUS", "LOW"}


def control(text: str) -> str:
    """Return the first control character of a text as `U+000D`, or ''.

    Such a character breaks a text out of its cell, its line or its terminal; one half of a pair of UTF-16 counts too.
    """
    if text.isprintable():
        return ""
    return next((f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")), "")


def keys(text: str, *, case: bool = False) -> set[str]:
    """Return what texts that look alike have in common: at least one of these. With `case`, `a` is not `A`."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", tidy(text)) if c not in _JOINERS)
    plain = tidy(plain)
    if case:
        return {unicodedata.normalize("NFC", plain.translate(_BOTH_KEY))}
    # NFKC once more: folding takes some letters apart.
    small = unicodedata.normalize("NFKC", plain.casefold())
    return {
        "a" + unicodedata.normalize("NFC", small.translate(_SMALL_KEY)),
        "A" + unicodedata.normalize("NFC", small.upper().translate(_LARGE_KEY)).casefold(),
    }


def alike(texts: Iterable[str], *, case: bool = False) -> list[tuple[str, str]]:
    """Return the pairs of different texts that look alike, each text with the first that looks like it."""
    seen: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    for text in dict.fromkeys(texts):
        own = keys(text, case=case)
        first = next((seen[key] for key in own if key in seen), None)
        if first is not None:
            pairs.append((first, text))
        for key in own:
            seen.setdefault(key, text)
    return pairs


def apart(one: str, other: str) -> str:
    """Return in words by what two texts that look alike differ."""
    plain = [unicodedata.normalize("NFC", unicodedata.normalize("NFC", tidy(text)).casefold()) for text in (one, other)]
    if plain[0] == plain[1]:
        return "differ by case, Unicode form or spaces only"
    odd = [c for c in dict.fromkeys(other + one) if (c in other) != (c in one) and not c.isascii()]
    shown = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'without a name')}" for c in odd[:3])
    return f"look alike{f', but for {shown}' if shown else ''}"


def path_problem(path: str) -> str:
    """Return why a path cannot stand in a table of clips, or ''."""
    plain = PurePosixPath(path)
    bad = not plain.parts or plain.is_absolute() or ".." in plain.parts or "\\" in path or path[1:2] == ":"
    if bad or control(path):
        return "expected one relative to and below the data set's folder, with '/'"
    return ""


def fold(path: str) -> str:
    """Return what the names of one file have in common where case and Unicode form tell none apart."""
    return (
        path.casefold()
        if path.isascii()
        else unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    )


def shown(text: str) -> str:
    """Return a text as a terminal may have it: what is not printable as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
