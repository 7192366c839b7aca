"""The sections of params.yaml that say what goes in: the data set and its features.

Conventions: as `pipeline.params.schema`, which puts them together.
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.sections import Choice, Grouping, Nothing, Plugin, Section
from pipeline.settings import Fraction, Hertz, Number, Seed


class WithinFamily(Section):
    """A wrong label is one of the same family."""

    grouping: Grouping = Field("two", description="as in `spread`")


class NoiseKind(Choice):
    """Which labels wrong ones are."""

    within_family: WithinFamily | None = None
    symmetric: Nothing | None = None
    open_set: Nothing | None = None


class SimulateNoise(Section):
    """Turn a fully labelled data set into a half-trusted one, keeping the truth."""

    verified_fraction: Fraction = Field(description="share of the training clips that are verified")
    rate: Fraction = Field(description="share of the others whose label is wrong")
    kind: NoiseKind = Field(
        default=NoiseKind(within_family=WithinFamily()),
        description="within_family | symmetric (any class) | open_set (of no class)",
    )
    seed: Seed = Field(0, description="of the noise")


class Dataset(Plugin):
    """Which clips, and which of their labels are verified."""

    name: str = Field(description="demo | csv | esc50 | freesound2018 | fsdd")
    root: str = Field(description="your folder of audio; the demo makes its own\nInside or outside the project")
    simulate_noise: SimulateNoise | None = Field(
        None,
        description="to measure: {verified_fraction, rate, kind, seed}; null: none\n"
        "Makes a set whose labels are all true half-trusted and keeps the truth",
    )

    @classmethod
    def kind(cls) -> str:
        return "datasets"


class Features(Plugin):
    """From audio to frames."""

    name: str = Field(description="mel | stft | mfcc | waveform")
    sr: Hertz = Field(22050, description="sample rate, Hz")
    trim_db: Annotated[Number, Field(gt=0, le=1000)] | None = Field(
        60.0, description="silence at the ends, in dB below the clip's peak; null: not trimmed"
    )
    max_seconds: Annotated[Number, Field(gt=0, le=86_400)] = Field(30.0, description="longer clips are cut off")
    max_quarantined: Fraction = Field(0.05, description="share of unreadable clips above which the run fails")

    @classmethod
    def kind(cls) -> str:
        return "features"


class Audit(Section):
    """What is looked for among the sounds, and what follows."""

    nearly_same: Annotated[float, Field(ge=0.5, le=1)] | None = Field(
        0.9,
        description="likeness from which two sounds are nearly the same; null: not looked for\n"
        "The greatest correlation of their waveforms over shifts. Such clips share a group, as do those with the very "
        "same sound",
    )
    across_split: Literal["refuse", "count"] = Field(
        "refuse",
        description="refuse | count\n"
        "What becomes of the same sound on both sides of a split or of folds that came with the data set: the run is "
        "refused, or they stay and are counted",
    )
