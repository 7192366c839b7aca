"""The sections of params.yaml that say what becomes of a given label: space, spread and labels.

Conventions: as `pipeline.params.schema`, which puts them together.
"""

from typing import Annotated

from pydantic import Field

from pipeline.params.sections import Choice, Grouping, Nothing, Section
from pipeline.settings import Fraction, Number, PositiveFloat, PositiveInt, Width


class Space(Section):
    """The space of the latents in which clips are near or far: that of spreading, of the maps and of the explorer."""

    whiten: Width | None = Field(
        32,
        description="principal components kept, each scaled to variance one; null: raw latents",
    )
    unit_length: bool = Field(True, description="latents of length one")


class ScaledRbf(Section):
    """A Gaussian whose width follows the data."""

    scale: PositiveFloat = Field(5.0, description="higher: only near clips count")
    neighbours: PositiveInt = Field(7, description="whose median squared distance is the unit of `scale`")


class Rbf(Section):
    """A Gaussian of a fixed width."""

    gamma: PositiveFloat = Field(description="exp(−gamma · squared distance)")


class Knn(Section):
    """One edge, of weight one, to each of the nearest."""

    neighbours: PositiveInt = Field(7, description="how many")


class Kernel(Choice):
    """How near clips are, from their distance."""

    scaled_rbf: ScaledRbf | None = None
    rbf: Rbf | None = None
    knn: Knn | None = None


class Spread(Section):
    """Label spreading over the latents, family by family."""

    grouping: Grouping = Field(
        description="one | a grouping of the data set | {family: [class, ...], ...}\n"
        "Among which classes labels are mixed up: spreading goes on within each family. `one` where any class may be "
        "taken for any other; [Presets](presets.md#data-sets) has those of each data set",
    )
    kernel: Kernel = Field(
        default=Kernel(scaled_rbf=ScaledRbf()),
        description="scaled_rbf | {rbf: {gamma: 20}} | {knn: {neighbours: 7}}\n"
        "How near clips are. `scaled_rbf` divides squared distances by the median one to the `neighbours` nearest "
        "before it multiplies them by `scale`, so that it does not depend on the unit of the latents",
    )
    alpha: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.2, description="how much a clip takes from its neighbours, between 0 and 1"
    )
    min_confidence: Fraction = Field(0.3, description="share of a class below which spreading abstains")
    max_iter: PositiveInt = Field(100_000, description="steps after which the iteration ends")
    tol: PositiveFloat = Field(1e-3, description="change below which the iteration ends")


class ByPosterior(Section):
    """As many clips as keep the expected precision."""

    precision: Fraction = Field(0.98, description="share of right labels to expect among the promoted")


class Promote(Choice):
    """Which given labels are promoted."""

    posterior: ByPosterior | None = None
    agree: Nothing | None = None


class Labels(Section):
    """What becomes of each given label."""

    spreading: bool = Field(
        True,
        description="whether spreading is evidence too, beside the judges\n"
        "`false`: the judges alone are heard. Spreading runs all the same, and labels.csv shows what it says",
    )
    promote: Promote = Field(
        default=Promote(posterior=ByPosterior()),
        description="{posterior: {precision: ...}} | agree\n"
        "`posterior` promotes as many clips as keep the expected share of right labels; `agree` those to which "
        "spreading gives the label that they have, as in the report",
    )
    correct: Fraction | None = Field(
        0.9, description="least probability of another label for a correction; null: never"
    )
    open_set: bool = Field(
        True,
        description="whether to expect sounds of no class among the unverified\n"
        "They are told by the company they keep among what the judges' networks hear, so that `judges.network` has to "
        "be asked. `false`: every clip is of one of the classes",
    )
