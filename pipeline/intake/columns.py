"""What the columns of a table mean: by the layout of a published data set, by their names, then by their content."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.files import names
from pipeline.intake import stems
from pipeline.intake.tables import Table

# Names of columns, without blanks and signs between their words, the surest first.
NAMES = {
    "label": "label labels category class classname tag tags species word keyword command digit emotion scene "
    "scenelabel eventlabel event sound instrument genre primarylabel commonname ebirdcode target",
    "group": "group srcfile fsid freesoundid source sourceid speaker speakerid clientid recording recordingid session "
    "sessionid subject subjectid patient patientid recorder device site location",
    "verified": "verified manuallyverified isverified validated checked reviewed curated confirmed",
    "split": "split subset partition set",
    "licence": "licence license",
    "uploader": "uploader username user author artist owner",
}
_RANK = {role: {name: place for place, name in enumerate(text.split())} for role, text in NAMES.items()}
_TRUTHS = {"0", "1", "0.0", "1.0", "true", "false", "yes", "no", "y", "n", "t", "f", "wahr", "falsch", "ja", "nein"}


@dataclass(frozen=True)
class Published:
    """A published data set: the columns by which it is known, what they mean, and what is known of its labels."""

    name: str
    columns: frozenset[str]
    roles: dict[str, str]
    verified: str = ""
    several: bool = False


PUBLISHED = (
    Published("ESC-50", frozenset({"filename", "fold", "target", "category", "src_file"}),
              {"label": "category", "group": "src_file"}, "all"),
    Published("UrbanSound8K", frozenset({"slice_file_name", "fsid", "classid", "class"}),
              {"label": "class", "group": "fsid"}, "all"),
    Published("FSD50K", frozenset({"fname", "labels", "mids"}), {"label": "labels", "split": "split"}, "all", True),
    Published("FSDKaggle2018", frozenset({"fname", "label", "manually_verified"}),
              {"label": "label", "verified": "manually_verified", "group": "freesound_id", "licence": "license"}),
    Published("FSDKaggle2019", frozenset({"fname", "labels"}), {"label": "labels", "licence": "license"}, "curated",
              True),
    Published("AudioFolder", frozenset({"file_name"}), {}),
)  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """The column of each role, why it is thought so, and the published layout, if it is one."""

    roles: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    published: Published | None = None


def understand(table: Table) -> Meaning:
    """Say what the columns mean."""
    by_name = {column.casefold(): column for column in table.columns}
    published = next((one for one in PUBLISHED if one.columns <= by_name.keys()), None)
    roles: dict[str, str] = {}
    why: dict[str, str] = {}
    if published is not None:
        for role, column in published.roles.items():
            if column in by_name:
                roles[role], why[role] = by_name[column], f"the layout of {published.name}"
    for role in NAMES:
        left = [c for c in table.columns if c not in {table.path, *roles.values()} and _plain(c) in _RANK[role]]
        left = [c for c in left if _varies(table, c) or role in ("licence", "uploader", "verified")]
        if role not in roles and left and not (published and role == "verified" and published.verified):
            roles[role] = min(left, key=lambda column: _RANK[role][_plain(column)])
            why[role] = "its name"
    _by_content(table, roles, why, published)
    return Meaning(roles, why, published)


def _plain(column: str) -> str:
    return re.sub(r"[\W_]+", "", column.casefold())


def _values(table: Table, column: str) -> list[str]:
    return [names.tidy(row[column]) for row, sound in zip(table.rows, table.sounds, strict=True) if sound]


def _varies(table: Table, column: str) -> bool:
    return len(set(_values(table, column))) > 1


def _by_content(table: Table, roles: dict[str, str], why: dict[str, str], published: Published | None) -> None:
    """Guess label, verified and group from what stands in the other columns."""
    left = [column for column in table.columns if column not in {table.path, *roles.values()}]
    truths = [c for c in left if _varies(table, c) and {v.casefold() for v in _values(table, c)} <= _TRUTHS]
    if "verified" not in roles and len(truths) == 1 and published is None:
        roles["verified"] = truths[0]
        why["verified"] = "the only column of truth values"
    left = [column for column in left if column not in truths]
    if "label" not in roles:
        few = [column for column in left if _repeats(_values(table, column))]
        if few:
            best = min(few, key=lambda column: (_numeric(_values(table, column)), left.index(column)))
            roles["label"] = best
            why["label"] = f"{len(set(_values(table, best)))} different texts in {len(table.rows)} rows"
            left.remove(best)
    if "group" not in roles and "label" in roles and published is None:
        classes = _values(table, roles["label"])
        likely = [c for c in left if not _numeric(_values(table, c)) and stems.is_group(_values(table, c), classes)]
        if likely:
            roles["group"] = likely[0]
            why["group"] = "texts that several clips share; a guess"


def _repeats(values: Sequence[str]) -> bool:
    counts = Counter(value for value in values if value)
    return 1 < len(counts) <= 500 and counts.total() >= 2 * len(counts) and max(map(len, counts)) <= 80


def _numeric(values: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[\d.,:\-+eE ]*", value) for value in values)
