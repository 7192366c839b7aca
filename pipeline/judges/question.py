"""What every judge is given."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.files.frames import Frames
from pipeline.judges.roles import Roles, roles
from pipeline.params.schema import Compute
from pipeline.params.training import Judges


@dataclass(frozen=True)
class Question:
    """The clips to be judged and how.

    Attributes:
        clips: as `artifacts.read_clips` gives it.
        classes: names in column order.
        features: frames of all clips.
        frames_sha256: of these frames, by which checkpoints know them.
        settings: the params' section `judges`.
        compute: the params' section `compute`.
        seed: the run's.
        checkpoints: a folder for those of a judge that takes long.
    """

    clips: pd.DataFrame
    classes: list[str]
    features: Frames
    frames_sha256: str
    settings: Judges
    compute: Compute
    seed: int
    checkpoints: Path

    def roles(self) -> Roles:
        """Return what each clip does; see `roles.roles`."""
        return roles(self.clips, self.classes, self.features.ok)
