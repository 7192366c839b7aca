"""Checkpoints of a run in rounds: complete or absent, checked before use, and never those of another run.

Conventions: a run's folder holds `key.json` and one folder a round, each with a `manifest.json` of its files'
checksums. A round is published by renaming its folder; the two newest are kept. HDF5 files with flipped bits can
load without an error, hence the checksums.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ArtifactError, DataError
from pipeline.files.fingerprint import sha256
from pipeline.files.formats import read_json, write_json
from pipeline.files.publishing import publish

log = logging.getLogger(__name__)
KEEP = 2
MANIFEST = "manifest.json"


class Checkpoints:
    """The checkpoints under `folder` of the run identified by `key`; those of any other run are removed."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        found = self._key()
        if folder.exists() and found != key:
            log.warning("%s: checkpoint of other settings, data or code; not used, starting over", folder)
            shutil.rmtree(folder)
        write_json(folder / "key.json", key)

    def _key(self) -> str | None:
        try:
            return str(read_json(self._folder / "key.json"))
        except ArtifactError:
            return None

    def _rounds(self) -> list[Path]:
        return sorted(self._folder.glob("round-[0-9][0-9][0-9][0-9]"))

    def save(self, number: int, write: Callable[[Path], None]) -> None:
        """Publish round `number`, whose files `write` puts into the folder it is given."""
        with publish(self._folder / f"round-{number:04d}") as temporary:
            temporary.mkdir()
            write(temporary)
            files = sorted(path for path in temporary.iterdir())
            write_json(temporary / MANIFEST, {path.name: sha256(path) for path in files})
        for old in self._rounds()[:-KEEP]:
            shutil.rmtree(old)

    def latest(self) -> tuple[int, Path] | None:
        """Return number and folder of the newest round whose files are all intact, or None.

        Raises:
            ArtifactError: there are rounds, and none is intact.
        """
        rounds = self._rounds()
        for folder in reversed(rounds):
            if _intact(folder):
                return int(folder.name.removeprefix("round-")), folder
            log.warning("%s: damaged checkpoint, going back one round", folder)
        if rounds:
            raise ArtifactError(f"{self._folder}: every checkpoint is damaged; remove the folder to start over")
        return None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Add to a `DataError` that ends the run what is left of it."""
        try:
            yield
        except DataError as error:
            rounds = self._rounds()
            if not rounds:
                raise
            raise DataError(
                f"{error}. What was finished before is in {rounds[-1]}: with the same settings `dvc repro` goes on "
                "after it, with others it starts over"
            ) from None

    def remove(self) -> None:
        """Forget the run: it is complete."""
        self.clear(self._folder)

    @staticmethod
    def clear(folder: Path) -> None:
        """Remove the checkpoints under `folder`, of whatever run."""
        shutil.rmtree(folder, ignore_errors=True)


def _intact(folder: Path) -> bool:
    """Whether a round holds the files of its manifest, no more and no fewer, each with its checksum."""
    try:
        manifest = read_json(folder / MANIFEST)
        # By what lies there: a name out of a damaged manifest could lead anywhere.
        there = {path.name: path for path in folder.iterdir() if path.name != MANIFEST}
        return (
            isinstance(manifest, dict)
            and bool(there)
            and set(manifest) == set(there)
            and all(path.is_file() and sha256(path) == manifest[name] for name, path in there.items())
        )
    except (ArtifactError, OSError):
        return False
