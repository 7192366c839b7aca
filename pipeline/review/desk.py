"""What a review works on: a run's clips and classes, and the file that its decisions are kept in."""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from pipeline.corrections import store
from pipeline.errors import ArtifactError, EarmarkError
from pipeline.files import artifacts, formats, schemas
from pipeline.review.hearing import Clip


class Conflict(EarmarkError):
    """The corrections file or the run cannot be used as it is now; nothing is written until it can."""


@dataclass(frozen=True)
class Snapshot:
    """A run as it is on disk.

    Attributes:
        clips: one row a clip, in the order of clips.csv, as everything that learns may see it.
        classes: class names in order.
        run_id: 12 hex digits, see `store.run_id`.
        paths: where each clip's audio lies below raw, by clip_id.
        sha256: of each clip's audio as the run was made, '' where there was none, by clip_id.
        sr, max_seconds: how the network heard them.
    """

    clips: pd.DataFrame
    classes: list[str]
    run_id: str
    paths: dict[str, str]
    sha256: dict[str, str]
    sr: int
    max_seconds: float


class Desk:
    """A run's folder and its corrections file, read anew when they have changed. Its methods may run in any thread."""

    def __init__(self, run: Path, file: Path) -> None:
        self._run, self.file = run, file
        # A link stays a link: what it points to is replaced.
        self._target = file.resolve()
        # A stage replaces its folder as a whole, and writers of single files rename into it.
        self._sources = [run / "clips", run / "features", run / "labels"]
        self._seen: tuple[list[tuple[int, int, int]], Snapshot] | None = None
        self._reading, self._writing = threading.Lock(), threading.Lock()

    @property
    def goal(self) -> Path:
        """Where the page says that decisions go."""
        return self.file

    def snapshot(self) -> Snapshot:
        """Return the run: `dvc repro` may have replaced it since the last call.

        Raises:
            ArtifactError: a file of the run is missing or damaged; the message says what to run.
        """
        with self._reading:
            state = [_state(path) for path in self._sources]
            if self._seen is None or self._seen[0] != state:
                self._seen = state, self._read()
            return self._seen[1]

    def _read(self) -> Snapshot:
        clips_folder, run_json = self._run / "clips", self._run / "labels" / "run.json"
        clips = artifacts.read_clips(clips_folder)
        classes = artifacts.read_classes(clips_folder)
        run = formats.read_json(run_json)
        if not isinstance(run, dict) or not isinstance(run.get("run_id"), str):
            raise ArtifactError(f"{run_json}: expected an object with a run_id; remove it and run `dvc repro`")
        index = formats.read_table(self._run / "features" / "index.csv")
        index = schemas.check(schemas.INDEX, index, self._run / "features" / "index.csv")
        sr, max_seconds = _heard_at(self._run / "features" / "features.json")
        return Snapshot(
            clips,
            classes,
            run["run_id"],
            paths=dict(zip(clips["clip_id"], clips["path"], strict=True)),
            sha256=dict(zip(index["clip_id"], index["sha256"], strict=True)),
            sr=sr,
            max_seconds=max_seconds,
        )

    def audio(self, clip_id: str) -> Clip | None:
        """Return a clip's audio and how it is heard, `None` where there is no such clip or its audio is gone.

        Everything else in raw, and everything outside, has no id. The file may be a link: that is what prepare makes.
        """
        run = self.snapshot()
        inside = PurePosixPath(run.paths.get(clip_id, ""))
        path = self._run / "raw" / inside
        if inside.is_absolute() or ".." in inside.parts or not path.is_file():
            return None
        return Clip(path, run.sha256.get(clip_id, ""), run.sr, run.max_seconds)

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of the corrections file, keyed by its columns.

        Raises:
            Conflict: it was damaged, or does not fit the run; the message names the line.
        """
        table = self._checked(self.snapshot())[store.COLUMNS]
        return [{str(name): str(cell) for name, cell in row.items()} for row in table.to_dict("records")]

    def save(self, rows: list[dict[str, str]], remove: Iterable[str]) -> int:
        """Replace all rows of the clips named in `rows` or `remove` by `rows`; return how many the file has then.

        The file is read again each time, so that what somebody else wrote about other clips stays.

        Raises:
            EarmarkError: a row cannot be taken.
            Conflict: the file was damaged by hand.
            OSError: it could not be written and is as it was.
        """
        run = self.snapshot()
        new = pd.DataFrame(rows, columns=store.COLUMNS, dtype=str)
        store.check(new.assign(line=range(1, len(new) + 1)), run.clips, run.classes, "decisions sent")
        with self._writing:
            old = self._checked(run)[store.COLUMNS]
            named = {*new["clip_id"], *remove}
            table = pd.concat([old[~old["clip_id"].isin(named)], new], ignore_index=True)
            self._keep(table)
        return len(table)

    def _keep(self, table: pd.DataFrame) -> None:
        """Write all rows."""
        store.write(self._target, table)

    def _checked(self, run: Snapshot) -> pd.DataFrame:
        try:
            table = store.read(self._target)
            store.check(table, run.clips, run.classes, self.file)
        except EarmarkError as error:
            raise Conflict(str(error).replace(str(self._target), str(self.file))) from None
        return table


def _heard_at(path: Path) -> tuple[int, float]:
    found = formats.read_record(path, "sr", "max_seconds")
    sr, seconds = found["sr"], found["max_seconds"]
    if type(sr) is not int or type(seconds) not in (int, float) or sr <= 0 or not seconds > 0:
        raise ArtifactError(f"{path}: sr {sr!r}, max_seconds {seconds!r}, expected two numbers; run `dvc repro`")
    return sr, float(seconds)


def _state(path: Path) -> tuple[int, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0, 0
    return status.st_mtime_ns, status.st_ino, status.st_size
