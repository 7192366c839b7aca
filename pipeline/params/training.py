"""The sections of params.yaml that say what is trained: autoencoder, judges and members.

Conventions: as `pipeline.params.schema`, which puts them together.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.params.networks import Network, Optimisation, Patches, Training
from pipeline.params.sections import Choice, Nothing, Plugin, Section
from pipeline.settings import Fraction, NonNegativeInt, Number, PositiveFloat, PositiveInt, Whole, Width


class AutoencoderNetwork(Plugin):
    """An autoencoder and its size."""

    @classmethod
    def kind(cls) -> str:
        return "autoencoders"


class Autoencoder(Section):
    """The autoencoder over whose latents labels are spread."""

    network: AutoencoderNetwork = Field(description="conv")
    latents: Width = Field(description="numbers that describe a clip")
    epochs: PositiveInt = Field(description="passes over the training clips, of any label")
    training: Optimisation = Field(
        default=Optimisation(),
        description="its own, not the one above",
    )
    validation_fraction: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.1, description="share of the training groups that are held out"
    )
    patches: Patches = Field(description="where they are to be others than those above")


class Recipe(Section):
    """What a network is and how it is trained: what judges and members have in common."""

    network: Network = Field(description="where it is to be another than the one above")
    patches: Patches = Field(description="where they are to be others than those above")
    training: Training = Field(description="what is to be different from the section above")
    epochs: PositiveInt = Field(description="passes over the clips that it is shown")


class Judge(Recipe):
    """Cross-fitted networks, each judging the fold whose labels it was not trained on."""

    unverified_epochs: NonNegativeInt = Field(
        0,
        description="after that, with the sound of unverified clips too\n"
        "They have what the networks make of them as soft targets, never their labels; `0`: none",
    )

    @property
    def rounds(self) -> int:
        """1, or 2 where the networks go on with the sound of the unverified clips."""
        return 2 if self.unverified_epochs else 1

    @model_validator(mode="after")
    def _possible(self) -> "Judge":
        if self.training.keep.best is not None:
            raise ValueError("judges hold out no clip, so training.keep must be {average: ...} or last, not best")
        return self


class LinearJudge(Section):
    """Cross-fitted logistic regression on means over time."""

    strength: PositiveFloat = Field(0.03, description="inverse of its regularisation")


class Judges(Section):
    """Models that score clips whose labels they never saw; in the order in which their word is joined."""

    network: Judge | None = Field(
        description="a network a fold; null: not asked\nTrained on the verified clips of the other folds",
    )
    linear: LinearJudge | None = Field(
        description="a logistic regression a fold; null: not asked",
    )


class Thresholds(Section):
    """Between which probabilities a round selects."""

    lower: Annotated[list[Fraction], Field(min_length=2, max_length=2)] = Field(
        [0.35, 0.65], description="in the first and in the last round, linear between"
    )
    upper: Fraction = Field(1.0, description="the greatest probability")

    @model_validator(mode="after")
    def _ordered(self) -> "Thresholds":
        if max(self.lower) > self.upper:
            raise ValueError(f"the lower bounds {self.lower} must not be above the upper bound {self.upper}")
        return self


class Relabel(Section):
    """The prediction, against the given label only where it is sure."""

    least: Fraction = Field(0.9, description="least probability against the given label")


class Select(Choice):
    """As what a clip of the pool is trained on."""

    soft: Nothing | None = None
    agree_or_relabel: Relabel | None = None
    agree: Nothing | None = None
    predicted: Nothing | None = None


class Rounds(Section):
    """How often a member selects from the pool, and what."""

    number: Annotated[Whole, Field(gt=0, le=1000)] = Field(
        description="each but the last selects what the next is trained on"
    )
    thresholds: Thresholds = Field(
        default=Thresholds(),
        description="lower bound of the first and of the last round, upper bound\n"
        "A round selects the clips of the pool whose probability lies between; the lower bound rises linearly from "
        "round to round",
    )
    select: Select = Field(
        default=Select(soft=Nothing()),
        description="soft | {agree_or_relabel: {least: 0.9}} | agree | predicted\n"
        "As what a selected clip is trained on: `soft`, the prediction and what is believed of the clip, half and "
        "half; `predicted`, the prediction, as in the report; `agree`, the prediction, only where the given label is "
        "the same; `agree_or_relabel`, also against the given label from the probability `least` on",
    )
    restart: bool = Field(
        False,
        description="whether each round starts anew\n"
        "It then begins with new weights, or those of the judge, and with a schedule of its own",
    )
    max_per_class: PositiveInt | None = Field(None, description="most clips a class and round; null: no limit")

    @model_validator(mode="before")
    @classmethod
    def _one_is_none(cls, given: Any) -> Any:
        if isinstance(given, Rounds):
            return given
        if isinstance(given, dict):
            if given.get("number") == 1 and len(given) > 1:
                raise ValueError("with one round, nothing that is selected is trained on; write `rounds: 1`")
            return given
        if given == 1 and not isinstance(given, bool):
            return {"number": 1}
        raise ValueError("expected 1, or a mapping with number, thresholds and select")


class Member(Recipe):
    """One network, trained in rounds of self-training."""

    epochs: PositiveInt = Field(description="of each round")
    train_on: Literal["verified", "promoted", "agreed", "all", "posterior"] = Field(
        "posterior",
        description="posterior | promoted | agreed | all | verified\n"
        "What is trusted from the first round on: `verified` clips; `promoted` ones too; `agreed`, verified and those "
        "to which spreading alone gives their own label, as in the report; `all` labels as given; `posterior`: "
        "verified, promoted and corrected labels, and all other clips with what is believed of them as soft targets",
    )
    rounds: Rounds = Field(
        description="1, or {number, thresholds, select}\n"
        "With one round, nothing that is selected is trained on, so that there is nothing more to say"
    )
    from_judge: NonNegativeInt | None = Field(
        None,
        description="fold of the judge from whose weights it goes on\n"
        "Its `network` and `patches` come with it. As judges have heard every clip, none can be held out. `null`: it "
        "begins with new weights",
    )
    hold_out: NonNegativeInt | None = Field(
        None,
        description="fold whose verified clips validate, its other clips rest\n"
        "`null`: it is trained on all folds, and no clip validates it",
    )

    @model_validator(mode="after")
    def _possible(self) -> "Member":
        if self.hold_out is not None and self.from_judge is not None:
            raise ValueError(
                f"hold_out: {self.hold_out} validates on clips that the judges have heard, so it excludes from_judge: "
                f"{self.from_judge}; take one of them away"
            )
        if self.hold_out is None and self.training.keep.best is not None:
            raise ValueError("training.keep: best needs clips that are held out; set hold_out, or keep others")
        return self
