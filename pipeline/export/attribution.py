"""The file ATTRIBUTION: under which licences the clips that leave are, and who made each."""

import pandas as pd

from pipeline.files.shown import plain
from pipeline.results import licences

FILE = "ATTRIBUTION"


def text(clips: pd.DataFrame) -> str:
    """Return the file: the count of each licence, then a line a clip with its uploader, under its licence."""
    lines = [f"{len(clips)} clips, chosen and labelled by Earmark. Their sounds are unchanged.", ""]
    if "licence" not in clips and "uploader" not in clips:
        lines += [
            "The table of the data set names neither licences nor uploaders (columns `licence` and `uploader`).",
            "The sounds are under the licence of the data set that they come from.",
        ]
        return "\n".join([*lines, ""])
    own = licences.named(clips)
    lines += [f"{count:>6}  {plain(name)}" for name, count in own.value_counts().items()]
    uploader = clips["uploader"] if "uploader" in clips else pd.Series("", index=clips.index)
    for name in own.value_counts().index:
        lines += ["", f"{plain(name)}:"]
        part = own == name
        lines += [
            f"  {plain(path)}" + (f", by {plain(who)}" if who else "")
            for path, who in zip(clips["path"][part], uploader[part], strict=True)
        ]
    return "\n".join([*lines, ""])
