"""The table of README.md: the nasty inputs, what is wanted of each, and the tests that hold it.

The tests are found by their mark, `@pytest.mark.fault(19)`. Run it after a change: python -m tests.faults.table
"""

import ast
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
REFUSED, QUARANTINED = "refused", "quarantined"

ROWS: dict[int, tuple[str, str]] = {
    1: ("a WAV of 0 bytes", QUARANTINED),
    2: ("a WAV of nothing but a header, as three of Kaggle's test clips are", "quarantined, and in the submission"),
    3: ("a header cut off after 30 bytes", QUARANTINED),
    4: ("a WAV cut off in its data", "quarantined as truncated"),
    5: ("a FLAC, an OGG, an MP3 cut off", QUARANTINED),
    6: ("a RIFF of size 0xFFFFFFFE or FF", "accepted by its actual frames, flagged"),
    7: ("a FLAC that claims no samples, or 2³⁶", "decoded as far as it goes, or quarantined"),
    8: ("a sample rate of 0, 1, 2³¹−1", QUARANTINED),
    9: ("0, 1,024 or 65,535 channels; 6", "quarantined; averaged"),
    10: ("8, 24 and 32 bits, float64, an odd byte at the end", "accepted, the same within a tolerance"),
    11: ("NaN, infinity, 1e30 in float audio", QUARANTINED),
    12: ("silence, a constant", "accepted, flagged, features finite"),
    13: ("one sample, less than a window", "accepted, flagged"),
    14: ("ten hours", "accepted up to the cap, memory bounded"),
    15: ("text, a web page, a picture named .wav", "quarantined as not audio"),
    16: ("a folder, a pipe, a device, links in a circle named .wav", "quarantined, without waiting"),
    17: ("a file that may not be read", QUARANTINED),
    18: ("a file that hangs or kills the decoder", QUARANTINED),
    19: ("a path that leaves the folder: absolute, .., NUL, backslash, UNC, a link", REFUSED),
    20: ("the labels NA, None, null", "kept as text; refused where they are no class"),
    21: ("semicolons, a missing column, Latin-1; a byte-order mark", "refused; accepted"),
    22: ("a clip twice with different labels; names alike but for case or Unicode form", "refused, with both"),
    23: ("a clip without a row; a row without a clip", "counted; quarantined"),
    24: ("an unknown label; a class with no verified clip", "refused, by name"),
    25: ("labels that are HTML, script or a spreadsheet's formula", "inert in every output"),
    26: ("an archive with names or links that lead outside, a bomb", "refused, nothing outside"),
    27: ("a download cut short, or with a wrong checksum", "refused, resumed; never published"),
    28: ("params: unknown and repeated keys, NaN, negative epochs, a threshold above 1, aliases that explode", REFUSED),
    29: ("arrays that are short, empty, lying, of objects; archives of arrays", REFUSED),
    30: ("a checkpoint with flipped bits; all of them", "the one before, said; refused"),
    31: ("a checkpoint of other params, classes or code", "never used, said"),
    32: ("SIGKILL at each write", "resumed, the same in the end"),
    33: ("SIGTERM to DVC alone, then again", "the second writer waits or is refused"),
    34: ("a full or failing disk at the n-th write", "refused, nothing half-published"),
    35: ("two runs at once", "one is refused"),
    36: ("latents that are identical, NaN, one at a million times the others", "abstains, promotes nothing on them"),
    37: ("a threshold that selects none, or one class alone", "recorded; the cap holds"),
    38: ("a report of 1, 2, 5 clips", "says which plot it left out"),
    39: ("members that contradict each other with certainty, are NaN, in another order", "joined, or refused"),
    40: ("read-only libraries and home, a terminal without UTF-8, spaces and Unicode in paths", "works"),
    70: ("another number of jobs, fewer cores allowed", "the same bytes"),
    71: ("SIGKILL of a stage whose judges train in processes of their own", "they end with it"),
    72: ("many cores, few of them allowed", "as many threads as on any machine"),
}

# What is heard is what the file holds.
ROWS |= {
    41: ("a size in the header that is too small: a recorder lost power", "read whole and flagged, with both figures"),
    42: ("a size that is a few bytes too large", "accepted, flagged"),
    43: ("an MP3 of changing bit rate that does not tell its length", "read whole; truncated if it is cut"),
    44: ("MP3, FLAC, Ogg, MP4, AU that tell another length than they have", "read whole and flagged"),
    45: ("m4a, aac, webm, caf, w64, au, wma, films; an Excel sheet, a picture", "read; called by its name"),
    46: ("a folder with m4a, aifc, mp2, other files, and what systems leave", "one list; left out, counted, named"),
    47: ("AIFF, ADPCM: what no browser plays", "a WAV of what the network hears"),
    49: ("channels in opposite phase", "one is heard, flagged"),
    50: ("a dead channel, clipping, mostly silence, another band, upsampled", "measured, flagged"),
}
# Tables and folders that come in.
ROWS |= {
    53: ("zero-width characters, soft hyphens, blanks in labels and groups", "read without them, with the rows"),
    54: ("numbers, truth values and dates as classes of a grouping", "refused by key: quote it"),
    55: (
        "tables by spreadsheets, pandas, R: 1.0, an index, sep=, tabs, empty rows, UTF-16",
        "read, or refused at once",
    ),
    56: ("many classes of one clip, many rows at fault", "refused, all of them named"),
    57: ("all clips in one group", "refused, with the cause"),
    58: ("dataset.root is the project, a folder above it, or one that a run writes", "refused by key"),
    66: ("line breaks, NUL and other control characters in any text", "refused, with the rows; written, it comes back"),
    69: (
        "labels and groups that look alike: Cyrillic for Latin, full width, bidi marks",
        "refused with both rows, or read",
    ),
    51: ("the same sound twice, in any container; nearly the same", "kept together; across a given split refused"),
    52: ("the same sound verified under two labels", "named, and calibrates nothing"),
}
# What leaves, and what is read back.
ROWS |= {
    48: ("sounds with something the matter: silent, short, capped", "said beside each label"),
    59: ("clips of one file name, labels with blanks", "told apart in the submission"),
    60: ("one's own folder beside labels.csv", "its paths are in the table"),
    61: ("a handful of verified clips, all judged right", "an interval that holds its estimate and stays open"),
    67: ("file names with colours, titles, line breaks, text turned round", "escaped, on both streams and in tables"),
    68: ("labels and names that are a spreadsheet's formula", "marked as text in every table, and read back"),
    73: ("a folder that may not be read, a name too long or of no characters, a pipe, a circle of links", "said"),
    74: ("settings beyond all measure: 1e15 seconds, a seed of 4,000 digits, true for a number", REFUSED),
    75: ("arrays, weights and manifests of absurd shapes or members, bombs", "refused, memory bounded"),
    76: ("a link below data/raw that was changed after it was made", "not opened"),
    80: ("a download of another scheme than https, without end", REFUSED),
}


def tests() -> dict[int, list[tuple[str, str]]]:
    """Return, by row, the file and name of each test that is marked with it."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in ROWS}
    for file in sorted(HERE.glob("test_*.py")):
        for name, number in _marked(ast.parse(file.read_text(encoding="utf-8"))):
            found[number].append((file.name, name))
    return found


def _marked(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault":
                yield from ((node.name, ast.literal_eval(number)) for number in decorator.args)


def render() -> str:
    """Return README.md."""
    lines = [
        f"# {len(ROWS)} nasty inputs",
        "",
        "What may come in, what becomes of it, and the test that holds it. Made by `python -m tests.faults.table`.",
        "",
        "**Refused**: the stage ends with 1 and one message that says what was found where, what was expected and what "
        "to do; what was there before stays. **Quarantined**: the clip is set aside, with its checksum and the reason, "
        "and the run goes on, up to `features.max_quarantined` of all clips. A third outcome, an answer that looks "
        "right and is not, is a defect.",
        "",
        "| | comes in | wanted | held by |",
        "|---|---|---|---|",
    ]
    for number, marked in tests().items():
        what, wanted = ROWS[number]
        held = "<br>".join(f"[{_words(name)}]({file})" for file, name in marked)
        lines.append(f"| {number} | {what} | {wanted} | {held} |")
    return "\n".join([*lines, ""])


def _words(name: str) -> str:
    return name.removeprefix("test_").removeprefix("Test").replace("_", " ")


if __name__ == "__main__":
    (HERE / "README.md").write_text(render(), encoding="utf-8")
