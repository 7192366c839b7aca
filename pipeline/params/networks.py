"""The settings that networks share: what they see of a clip, what they are, and how they are trained.

Conventions: as `pipeline.params.schema`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.params.sections import Choice, Nothing, Plugin, PluginSections, Section
from pipeline.settings import MOST, NonNegativeFloat, Number, PositiveFloat, PositiveInt, Whole

FRAMES = "frames of a patch, or mean: the mean of the training clips"


def _frames(given: Any) -> Any:
    if given != "mean" and (isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST):
        raise ValueError(f"expected a number of frames from 1 to {MOST}, or mean")
    return given


Frames = Annotated[Annotated[int, Field(le=MOST)] | Literal["mean"], BeforeValidator(_frames)]


class Crop(Section):
    """A window of a clip; short clips are repeated."""

    frames: Frames = Field(128, description=FRAMES)
    test_crops: Annotated[Whole, Field(gt=0, le=1000)] = Field(
        3, description="windows whose mean is the clip's prediction"
    )


class Resize(Section):
    """The whole clip, stretched or squeezed."""

    frames: Frames = Field(128, description=FRAMES)


class Patches(Choice):
    """How ragged frames become arrays of one shape."""

    crop: Crop | None = None
    resize: Resize | None = None

    @property
    def _own(self) -> Crop | Resize:
        own = self.crop or self.resize
        assert own is not None
        return own

    @property
    def frames(self) -> int | Literal["mean"]:
        """The frames of a patch, as the file has them."""
        return self._own.frames

    @property
    def n_frames(self) -> int:
        """The frames of a patch, once `patches.resolve` has said what `mean` is."""
        if self.frames == "mean":
            raise ValueError("patches.frames: mean is not a number of frames yet")
        return self.frames

    def of(self, n_frames: int) -> "Patches":
        """Return the same with this number of frames."""
        return type(self)(**{self.chosen: self._own.model_copy(update={"frames": n_frames})})


class Network(Plugin):
    """A network that classifies, and its size."""

    @classmethod
    def kind(cls) -> str:
        return "models"


class Keep(Choice):
    """Which weights a fit ends with."""

    average: Annotated[Number, Field(gt=0, lt=1)] | None = None
    best: PositiveInt | None = None
    last: Nothing | None = None


class Optimisation(Section):
    """How the weights of a network are found."""

    batch_size: PositiveInt = Field(32, description="clips a step")
    learning_rate: Annotated[Number, Field(gt=0, le=10)] = Field(1e-3, description="the greatest, where it changes")
    schedule: Literal["constant", "cosine"] = Field(
        "cosine",
        description="cosine | constant\n"
        "Of the learning rate. `cosine` rises, then falls: once over all rounds of a member",
    )
    weight_decay: NonNegativeFloat = Field(0.0, description="of AdamW, as a share of the learning rate")
    keep: Keep = Field(
        default=Keep(last=Nothing()),
        description="{average: momentum} of the weights | {best: patience}, of clips held out | last\n"
        "Which weights a fit ends with. `average`: their moving average. `best`: those of the epoch of the least loss "
        "on clips held out, after as many epochs without a better one; where none are held out it is refused",
    )


class Augment(PluginSections):
    """Augmentations, applied in the order in which they are listed."""

    @classmethod
    def kind(cls) -> str:
        return "augment"


class Gce(Section):
    """Generalised cross-entropy."""

    q: Annotated[Number, Field(gt=0, le=1)] = Field(0.7, description="near 0: cross-entropy; 1: the absolute error")


class Bootstrap(Section):
    """Cross-entropy against a mixture of the target and the network's own answer."""

    beta: Annotated[Number, Field(gt=0, le=1)] = Field(0.8, description="share of the target")


class Loss(Choice):
    """The loss of a doubtful clip."""

    crossentropy: Nothing | None = None
    gce: Gce | None = None
    bootstrap: Bootstrap | None = None


class Doubtful(Section):
    """How much, and by which loss, clips count whose target is doubtful: pseudo-labels and soft targets."""

    loss: Loss = Field(
        default=Loss(crossentropy=Nothing()),
        description="crossentropy | {gce: {q: 0.7}} | {bootstrap: {beta: 0.8}}\n"
        "`gce` is generalised cross-entropy; with `bootstrap`, `beta` parts are the target and the rest is the "
        "network's own answer. Trusted clips are always fitted by cross-entropy",
    )
    weight: PositiveFloat = Field(1.0, description="how much such a clip counts, beside 1 of a trusted one")


class Training(Optimisation):
    """How every network that classifies is trained."""

    label_smoothing: Annotated[Number, Field(ge=0, lt=1)] = Field(0.0, description="share that a target gives to all")
    augment: Augment = Field(default=Augment(), description="in the order listed: mixup, specaugment, gain_tilt")
    doubtful: Doubtful = Field(
        default=Doubtful(), description="how clips count whose target is believed and not known: {loss, weight}"
    )
