"""The sections of params.yaml that say what is trained and how: autoencoder, judges and members.

Conventions: as `pipeline.params.schema`, which puts them together.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.params.sections import Plugin, PluginSections, Section
from pipeline.settings import Fraction, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt


class Patches(Section):
    """How ragged frames become arrays of one shape."""

    mode: Literal["crop", "resize"] = "crop"
    frames: PositiveInt | Literal["mean"] = 128
    test_crops: PositiveInt = 3

    @property
    def n_frames(self) -> int:
        """The frames of a patch, once `patches.resolve` has said what `mean` is."""
        if self.frames == "mean":
            raise ValueError("patches.frames: mean is not a number of frames yet")
        return self.frames


class Model(Plugin):
    """A network and its size."""

    @classmethod
    def kind(cls) -> str:
        return "models"


class Fit(Section):
    """How a network is fitted."""

    epochs: PositiveInt
    batch_size: PositiveInt = 32
    learning_rate: PositiveFloat = 1e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    weight_decay: NonNegativeFloat = 0.0
    patience: PositiveInt | None = None


class Augment(PluginSections):
    """Augmentations, applied in the order in which they are listed."""

    @classmethod
    def kind(cls) -> str:
        return "augment"

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """Settings by name, in order."""
        return dict(self.model_extra or {})


class Doubtful(Section):
    """How much, and by which loss, clips count whose target is doubtful: pseudo-labels and soft targets."""

    loss: Literal["crossentropy", "gce", "bootstrap"] = "crossentropy"
    weight: Annotated[float, Field(gt=0)] = 1.0
    q: Annotated[float, Field(gt=0, le=1)] = 0.7
    beta: Annotated[float, Field(gt=0, le=1)] = 0.8


class Recipe(Section):
    """What a network is and how it is trained: what judges and members have in common."""

    model: Model
    patches: Patches
    fit: Fit
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    augment: Augment = Augment()
    doubtful: Doubtful = Doubtful()

    @model_validator(mode="after")
    def _one_way_to_keep_weights(self) -> "Recipe":
        if self.ema is not None and self.fit.patience is not None:
            raise ValueError(
                "ema and fit.patience exclude each other: the averaged weights would replace the best ones"
            )
        return self


class AutoencoderModel(Plugin):
    """An autoencoder and its size."""

    @classmethod
    def kind(cls) -> str:
        return "autoencoders"


class Autoencoder(Section):
    """The autoencoder whose latents labels are spread over."""

    patches: Patches
    model: AutoencoderModel
    latents: PositiveInt
    fit: Fit
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1


class Judge(Recipe):
    """Cross-fitted networks, each judging the fold whose labels it was not trained on."""

    unverified_epochs: NonNegativeInt = 0

    @property
    def rounds(self) -> int:
        """1, or 2 where the networks go on with the sound of the unverified clips."""
        return 2 if self.unverified_epochs else 1

    @model_validator(mode="after")
    def _possible(self) -> "Judge":
        if self.fit.patience is not None:
            raise ValueError("judges validate on no clip, so fit.patience must be null")
        return self


class LinearJudge(Section):
    """Cross-fitted logistic regression on means over time."""

    strength: PositiveFloat = 0.03


class Judges(Section):
    """Models that judge clips whose labels they never saw; in the order in which their word is joined."""

    network: Judge
    linear: LinearJudge = LinearJudge()


class Selection(Section):
    """Which clips of the pool a round takes, and with what label."""

    rule: Literal["predicted", "agree", "agree_or_relabel", "soft"] = "predicted"
    lower: Annotated[list[Fraction], Field(min_length=2, max_length=2)] = [0.35, 0.65]
    upper: Fraction = 1.0
    relabel: Fraction = 0.9
    max_per_class: PositiveInt | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Selection":
        if max(self.lower) > self.upper:
            raise ValueError(f"the lower bounds {self.lower} must not be above the upper bound {self.upper}")
        return self


class Member(Recipe):
    """One network trained in rounds of self-training."""

    train_on: Literal["verified", "promoted", "agreed", "all", "posterior"] = "promoted"
    fold: NonNegativeInt | None = 0
    rounds: PositiveInt = 3
    restart: bool = False
    start: NonNegativeInt | None = None
    selection: Selection = Selection()

    @model_validator(mode="after")
    def _possible(self) -> "Member":
        if self.fold is not None and self.start is not None:
            raise ValueError(
                f"fold: {self.fold} validates on clips that the judges have heard, so a member that goes on from one "
                f"(start: {self.start}) has to have fold: null; or set start to null"
            )
        if self.fold is None and self.fit.patience is not None:
            raise ValueError("fold: null validates on no clip, so fit.patience must be null")
        return self
