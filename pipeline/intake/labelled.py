"""Where the labels of a folder come from: a table, label files of Audacity, folders, or the names of files."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pipeline.errors import DataError
from pipeline.files import names
from pipeline.intake import columns, folders, stems, tables
from pipeline.intake.columns import Meaning
from pipeline.intake.folder import Found
from pipeline.intake.tables import Table

_TRUE = {"1", "1.0", "1,0", "true", "yes", "y", "t", "ja", "wahr", "vrai", "vero", "verdadero", "waar"}
_FALSE = {"0", "0.0", "0,0", "false", "no", "n", "f", "nein", "falsch", "faux", "falso", "onwaar", ""}


@dataclass(frozen=True)
class Clip:
    """A row of clips.csv; texts that are not known are ''."""

    path: str
    label: str = ""
    verified: bool = False
    split: str = ""
    group: str = ""
    licence: str = ""
    uploader: str = ""


@dataclass
class Source:
    """Where labels come from, and the clips with what it says of them.

    Attributes:
        kind: `table`, `audacity`, `folder`, `name` or `none`.
        name: of it, in messages.
        why: what was taken and why, in words.
        verified, split, group: in words, where the source says something of these; else ''.
        cells: of a table, the row of each clip.
        named_groups: guesses groups by the names of files, where these gave the labels too.
    """

    kind: str
    name: str
    clips: list[Clip]
    why: str
    verified: str = "none: nothing says that somebody has checked the labels"
    split: str = ""
    group: str = ""
    notes: list[str] = field(default_factory=list)
    cells: list[dict[str, str]] = field(default_factory=list)
    named_groups: Callable[[], stems.Guess | None] | None = None

    def column(self, name: str, option: str) -> list[str]:
        """Return the cells of a column by clip.

        Raises:
            DataError: there is none of that name.
        """
        known = {column: None for row in self.cells for column in row}
        match = next((column for column in known if column.casefold() == name.casefold()), None)
        if match is None:
            there = f"found the columns {', '.join(map(repr, known))}" if known else "found no table"
            raise DataError(f"{option} {name}: no such column, {there} in {self.name}; name one of them")
        return [row.get(match, "") for row in self.cells]


def says_yes(cell: str) -> bool | None:
    """Return what a cell says of yes and no; None if neither."""
    plain = names.tidy(cell).casefold()
    return True if plain in _TRUE else False if plain in _FALSE else None


def choose(found: Found, table: Path | None, wish: str | None) -> Source:
    """Return the source that says most, or the one that is wished for.

    Raises:
        DataError: what is wished for is not there.
    """
    if table is not None:
        return _of_tables([tables.read(table, found)], [], found, wish)
    if wish == "folder":
        return _of_folders(found) or _missing(wish, "the sounds are in one folder")
    if wish == "name":
        return _of_names(found) or _missing(wish, "the names of files have no part in common")
    named, problems = tables.find(found)
    if wish is not None:
        if not named:
            _missing(wish, f"no table of {found.root} names its sounds")
        return _of_tables(named, problems, found, wish)
    if named and len(named[0].named) >= 0.5 * len(found.sounds) and columns.understand(named[0]).roles.get("label"):
        return _of_tables(named, problems, found, None)
    # Several tables may name a part each.
    joined = set().union(*(one.named for one in named)) if named else set()
    if len(joined) >= 0.5 * len(found.sounds) and any("label" in columns.understand(one).roles for one in named):
        return _of_tables(named, problems, found, None)
    source = _of_audacity(found) or _of_folders(found) or _of_names(found) or _nothing(found)
    source.notes += problems
    source.notes += [
        f"{one.name} names {len(one.named):,} of the sounds, not used; --table takes it" for one in named[:3]
    ]
    return source


def _missing(wish: str, why: str) -> Source:
    raise DataError(f"--labels {wish}: {why}; name a column of the table, folder or name")


def _of_tables(named: list[Table], problems: list[str], found: Found, wish: str | None) -> Source:
    """Join the tables that say the same of other sounds: those of training and test, or one a folder."""
    main, meanings = named[0], {}
    for one in named:
        meanings[one.name] = _wished(one, columns.understand(one), wish)
    label = meanings[main.name].roles.get("label")
    if label is None:
        raise DataError(
            f"{main.name}: found the columns {', '.join(map(repr, main.columns))}, of which none looks like labels; "
            "--labels COLUMN names it"
        )
    used, taken = [], set[str]()
    notes = list(problems)
    for one in named:
        same = meanings[one.name].roles.get("label", "").casefold() == label.casefold() and one.path == main.path
        if same and len(one.named & taken) <= 0.1 * len(one.named):
            used.append(one)
            taken |= one.named
        else:
            notes.append(f"{one.name} names {len(one.named):,} of the sounds too, not used; --table takes it")
    return _rows(used, meanings, found, notes)


def _wished(table: Table, meaning: Meaning, wish: str | None) -> Meaning:
    if wish is None:
        return meaning
    match = next((column for column in table.columns if column.casefold() == wish.casefold()), None)
    if match is None:
        known = ", ".join(map(repr, table.columns))
        raise DataError(f"--labels {wish}: no such column, found {known} in {table.name}; name one of them")
    roles = {role: column for role, column in meaning.roles.items() if column != match}
    return replace(meaning, roles=roles | {"label": match}, why=meaning.why | {"label": "as you say"})


def _rows(used: list[Table], meanings: dict[str, Meaning], found: Found, notes: list[str]) -> Source:
    """Make clips of the rows of tables, and say what was done with those that name no sound, or one again."""
    clips: dict[str, Clip] = {}
    cells: dict[str, dict[str, str]] = {}
    missing, several, again = 0, 0, list[str]()
    by_file = {one.name: folders.split_of(PurePosixPath(one.name).stem) for one in used}
    by_file = by_file if len(set(by_file.values())) == 2 and all(by_file.values()) else dict.fromkeys(by_file)
    for one in used:
        meaning = meanings[one.name]
        read = _labels(one, meaning)
        for row, line, sound, (label, many) in zip(one.rows, one.lines, one.sounds, read, strict=True):
            if not sound:
                missing += 1
                continue
            several += many
            clip = _clip(sound, label, row, meaning, one, by_file[one.name], meanings[used[0].name])
            if sound in clips:
                other = " with another label" if clips[sound].label != label else ""
                again.append(f"{one.name}:{line}: names {sound!r} again{other}")
            else:
                clips[sound], cells[sound] = clip, row
    if again:
        notes.append(f"{again[0]}; the first row counts ({len(again):,} such rows)")
    if missing:
        notes.append(f"{missing:,} rows name no sound of the folder, or one of several: passed over")
    if left := len(found.sounds) - len(clips):
        notes.append(f"{left:,} sounds are in no row: left out")
    if several:
        notes.append(
            f"{several:,} clips have several labels; Earmark gives one label a clip, so these were left without"
        )
    ordered = sorted(clips)
    made = [clips[path] for path in ordered]
    source = _said(used, meanings, made, notes)
    source.cells = [cells[path] for path in ordered]
    return source


def _said(used: list[Table], meanings: dict[str, Meaning], clips: list[Clip], notes: list[str]) -> Source:
    main, meaning = used[0], meanings[used[0].name]
    named = ", ".join(one.name for one in used[:3]) + (f" and {len(used) - 3} more" if len(used) > 3 else "")
    roles, why, published = meaning.roles, meaning.why, meaning.published
    words = (
        f"column {roles['label']!r} of {named} ({why['label']}); column {main.path!r} names the sounds by {main.how}"
    )
    source = Source("table", main.name, clips, words, notes=notes)
    if published is not None and published.several:
        notes.append(
            f"{published.name} gives a clip several labels: taken is the one from which the others follow, if one is"
        )
    if "verified" in roles:
        source.verified = f"column {roles['verified']!r} ({why['verified']})"
    elif published is not None and published.verified:
        which = "all" if published.verified == "all" else "the files named curated or test"
        source.verified = f"{which}: labels of {published.name} were checked by hand as it was made"
    if "group" in roles:
        source.group = f"column {roles['group']!r} ({why['group']})"
    splits = {clip.split for clip in clips}
    if splits == {"train", "test"}:
        source.split = f"column {roles['split']!r} ({why['split']})" if "split" in roles else "the names of the tables"
    elif "split" in roles and splits != {""}:
        notes.append(f"column {roles['split']!r}: not train and test alone, so it was not taken for the split")
    unused = [column for column in main.columns if column not in {main.path, *roles.values()}]
    if unused:
        notes.append(f"not taken: the columns {', '.join(map(repr, unused))}")
    if "fold" in {column.casefold() for column in main.columns}:
        notes.append("Earmark deals folds itself, groups whole, whatever a column 'fold' says")
    return source


def _labels(table: Table, meaning: Meaning) -> list[tuple[str, bool]]:
    """Return the one label of each row, and whether it was left out for being one of several."""
    cells = [names.tidy(row.get(meaning.roles.get("label", ""), "")) for row in table.rows]
    if meaning.published is None or not meaning.published.several:
        # FSDKaggle2018 has clips that were never labelled among those of the test.
        ignored = [row.get("usage") == "Ignored" for row in table.rows]
        return [("" if none else cell, False) for cell, none in zip(cells, ignored, strict=True)]
    sets = [[names.tidy(part) for part in cell.split(",") if part.strip()] for cell in cells]
    implied: dict[str, set[str]] = {}
    for labels in sets:
        for label in labels:
            implied[label] = implied[label] & set(labels) if label in implied else set(labels)
    return [_one(labels, implied) for labels in sets]


def _one(labels: Sequence[str], implied: dict[str, set[str]]) -> tuple[str, bool]:
    """Return the label from which all others of a clip follow (Bark, Dog, Animal: Bark), the first of such."""
    sure = [label for label in labels if set(labels) <= implied[label] | {label}]
    return (
        (sure[0], False)
        if sure and len(labels) > 0 and (len(labels) == 1 or len(set(labels)) > 1)
        else ("", bool(labels))
    )


def _clip(
    sound: str, label: str, row: dict[str, str], meaning: Meaning, table: Table, by_file: str | None, main: Meaning
) -> Clip:
    cell = {role: names.tidy(row.get(column, "")) for role, column in meaning.roles.items()}
    split = folders.split_of(cell.get("split", "")) or by_file or ""
    known = main.published.verified if main.published else ""
    name = table.name.casefold()
    if "verified" in meaning.roles:
        verified = says_yes(cell["verified"]) is True
    elif known == "curated":
        verified = "noisy" not in name and ("curated" in name or "test" in name)
    else:
        # A test set of a data set whose training labels say which are verified is checked as a whole.
        verified = known == "all" or ("verified" in main.roles and main.published is not None and split == "test")
    return Clip(
        path=sound,
        label=label,
        verified=verified and bool(label),
        split=split,
        group=cell.get("group", ""),
        licence=cell.get("licence", ""),
        uploader=cell.get("uploader", ""),
    )


def _of_audacity(found: Found) -> Source | None:
    said = tables.audacity(found)
    if len(said) < 0.5 * len(found.sounds):
        return None
    clips = [Clip(path, said[path][0] if len(said.get(path, [])) == 1 else "") for path in found.sounds]
    many = sum(len(labels) > 1 for labels in said.values())
    source = Source("audacity", "label files", clips, f"the label files of Audacity beside {len(said):,} sounds")
    if many:
        source.notes.append(
            f"{many:,} sounds have marks of several labels; Earmark gives one label a clip, so these were left "
            "without: cut them at their marks (Audacity: File, Export, Export Multiple) and run this again"
        )
    source.notes.append("a mark counts for the whole of its sound, wherever it begins and ends")
    return source


def _of_folders(found: Found) -> Source | None:
    layout = folders.read(found.sounds)
    if layout.labels is None:
        return None
    clips = [Clip(path, names.tidy(label)) for path, label in zip(found.sounds, layout.labels, strict=True)]
    return Source("folder", "folders", clips, layout.why["label"])


def _of_names(found: Found) -> Source | None:
    stem = [PurePosixPath(path).stem for path in found.sounds]
    guess = stems.labels(stem)
    if guess is None:
        return None
    clips = [Clip(path, names.tidy(label)) for path, label in zip(found.sounds, guess.values, strict=True)]
    classes = Counter(guess.values)
    source = Source("name", "names of files", clips, f"{guess.why}: a guess")
    if all(name.isdigit() for name in classes):
        source.notes.append("classes are numbers; a table `path,label` would say what they are")
    return source


def _nothing(found: Found) -> Source:
    why = "none: no table names the sounds, they are in one folder, and their names say nothing"
    return Source("none", "nothing", [Clip(path) for path in found.sounds], why)
