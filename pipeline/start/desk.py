"""Where the decisions of a start go: what is right into the table, what is wrong into the corrections."""

from pathlib import Path

import pandas as pd

from pipeline.corrections import store
from pipeline.errors import EarmarkError
from pipeline.review.desk import Conflict, Desk
from pipeline.start.marks import Marks


class StartDesk(Desk):
    """A desk whose accepted and relabelled clips become verified in the data set's table.

    Rejected labels go to the run's corrections file, in place of what it has of these clips: a table cannot say of
    which class a clip is not. The desk's own file has all decisions of this listening.
    """

    def __init__(self, run: Path, marks: Marks, corrections: Path) -> None:
        super().__init__(run, run / "corrections.csv")
        self._marks, self._corrections = marks, corrections
        self._before = store.read(corrections)[store.COLUMNS]
        self._bytes = _bytes(corrections)
        store.write(self._target, store.none())

    @property
    def goal(self) -> Path:
        """The table in which clips are marked as verified."""
        return self._marks.path

    def _keep(self, table: pd.DataFrame) -> None:
        """Write the table first: what the desk's own file says is then there for certain."""
        if _bytes(self._corrections) != self._bytes:
            raise Conflict(f"{self._corrections}: somebody else has changed it; stop with Ctrl-C and start again")
        self._marks.write(self.heard(table))
        wrong = table[table["decision"] == "reject"]
        kept = self._before[~self._before["clip_id"].isin(wrong["clip_id"])]
        if len(wrong) or self._bytes is not None:
            store.write(self._corrections, pd.concat([kept, wrong], ignore_index=True))
            self._bytes = _bytes(self._corrections)
        super()._keep(table)

    def heard(self, table: pd.DataFrame | None = None) -> dict[str, str]:
        """Return the label that a person heard, by the path of each clip that was accepted or relabelled.

        Raises:
            Conflict: the desk's own file is damaged.
        """
        table = pd.DataFrame(self.rows(), columns=store.COLUMNS) if table is None else table
        paths = self.snapshot().paths
        said = {str(row.clip_id): store.said(row) for row in table.itertuples(index=False)}
        return {paths[clip]: label for clip, (right, label) in said.items() if right and label}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EarmarkError(f"{path}: cannot be read ({error.strerror}); expected a table") from None
