"""From the settings to a page at which people verify the first labels, and what came of it."""

from collections import Counter
from pathlib import Path

from pipeline.errors import DataError
from pipeline.files import artifacts
from pipeline.params.schema import Params
from pipeline.start import listing, page
from pipeline.start.desk import StartDesk
from pipeline.start.marks import Marks

ENOUGH = 5  # of a class, to begin with


def prepare(params: Params, folder: Path, corrections: Path) -> StartDesk:
    """Write the page and what it plays into `folder`; return where its decisions go.

    Raises:
        DataError: the data set is not one's own table, or cannot be used.
    """
    dataset = params.dataset
    if dataset.name != "csv":
        raise DataError(
            f"dataset.name: found {dataset.name}, expected csv: only in a table of one's own can clips be marked as "
            "verified; `earmark new FOLDER --write` makes one"
        )
    if dataset.simulate_noise is not None:
        raise DataError("dataset.simulate_noise: found settings, expected null: what is simulated needs no ear")
    marks = Marks(Path(dataset.root) / str(dataset.settings.get("table", "clips.csv")))  # refused before it takes long
    listing.write(params, folder)
    page.write_page(folder, params)
    return StartDesk(folder, marks, corrections)


def summary(desk: StartDesk, folder: Path) -> list[str]:
    """Return lines: how many clips are verified now, of which classes none is, and what to do next."""
    clips, classes = artifacts.read_clips(folder / "clips"), artifacts.read_classes(folder / "clips")
    heard = desk.heard()
    before = clips[clips["verified"] & ~clips["path"].isin(heard)]
    verified = Counter(before["label"]) + Counter(heard.values())
    without = [name for name in classes if not verified[name]]
    few = [name for name in classes if 0 < verified[name] < ENOUGH]
    said = [f"verified  {len(heard)} clips more, marked in {desk.goal}; {sum(verified.values())} of {len(clips)} now"]
    if few:
        said.append(f"few       under {ENOUGH} of {', '.join(few[:12])}{' and others' if len(few) > 12 else ''}")
    if without:
        names = f"{', '.join(without[:12])}{' and others' if len(without) > 12 else ''}"
        said.append(f"none      of {names}: a run needs at least one of each class; `earmark review --start` goes on")
    else:
        said.append("next      make repro")
    return said
