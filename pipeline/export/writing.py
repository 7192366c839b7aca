"""An export, put in place as a whole; what is no export of ours is never replaced."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import ArtifactError, DataError
from pipeline.export import attribution, forms
from pipeline.export.parquet import parquet
from pipeline.export.selection import Chosen
from pipeline.files import formats
from pipeline.files.publishing import publish
from pipeline.files.shown import plain

CARD = "export.json"
MADE_BY = "earmark export-dataset"
FORMS: dict[str, Callable[..., int]] = {
    "csv": forms.csv,
    "audiofolder": forms.audiofolder,
    "parquet": parquet,
}


def write(out: Path, chosen: Chosen, raw: Path, to: str, *, link: bool, force: bool, asked: Sequence[str] = ()) -> int:
    """Write the clips that were chosen as the folder `out`; return how many were copied where links were asked for.

    Args:
        out: a folder that is not there yet, or is empty; with `force`, an earlier export, which is replaced.
        chosen: from `selection.choose`.
        raw: the run's folder of sounds.
        to: one of `FORMS`.
        link: hard links instead of copies.
        force: whether an earlier export may be replaced.
        asked: what was asked for, in words; kept in `export.json`.

    Raises:
        DataError: there is something else at `out`, or a sound is gone or has changed; `out` stays as it was.
    """
    out = Path(os.path.abspath(out))
    _may_be_written(out, raw, force)
    with publish(out) as folder:
        folder.mkdir()
        copied = FORMS[to](folder, chosen.clips, raw, link=link)
        (folder / attribution.FILE).write_text(attribution.text(chosen.clips), encoding="utf-8")
        card = {
            "made_by": MADE_BY,
            "to": to,
            "clips": len(chosen.clips),
            "stays": chosen.stays,
            "asked": list(asked),
            "run_id": chosen.run_id,
            "holds": sorted([CARD, *(path.name for path in folder.iterdir())]),
        }
        formats.write_json(folder / CARD, card)
    return copied


def _may_be_written(out: Path, raw: Path, force: bool) -> None:
    real, sounds = Path(os.path.realpath(out)), Path(os.path.realpath(raw))
    if real == sounds or real in sounds.parents or sounds in real.parents:
        raise DataError(f"{plain(out)}: holds the run's sounds or lies among them; name another folder")
    if not os.path.lexists(out):
        return
    if out.is_symlink() or not out.is_dir():
        raise DataError(f"{plain(out)}: there already, and no folder; name another")
    found = sorted(path.name for path in out.iterdir())
    if not found:
        return
    held = _held(out)
    if held is None:
        raise DataError(
            f"{plain(out)}: there already, and no export of earmark's, so it was left as it is; name another"
        )
    if not force:
        raise DataError(f"{plain(out)}: holds an earlier export; --force replaces it")
    if more := [name for name in found if name not in held]:
        raise DataError(
            f"{plain(out)}: holds {plain(more[0])!r} beside an earlier export, so it was left as it is; "
            "take that away, or name another folder"
        )


def _held(out: Path) -> list[str] | None:
    """Return what an earlier export put into a folder; None: it is none."""
    try:
        card = formats.read_record(out / CARD, "made_by", "holds")
    except ArtifactError:
        return None
    return card["holds"] if card["made_by"] == MADE_BY and isinstance(card["holds"], list) else None
