"""params.yaml as typed, frozen models: one class a section, unknown and repeated keys refused.

Conventions: the file is read as YAML 1.2, as DVC reads it (`1e-3` is a number, `no` is text). `name` chooses a plugin,
the keys beside it are the settings that the plugin's own function declares. What is said once for all networks
(`COMMON`) lies beneath what a section says of its own, and `self_train` beneath each member.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from pipeline.errors import EarmarkError, ParamsError
from pipeline.params import registry, renamed, yaml_file
from pipeline.params.data import Audit, Dataset, Features
from pipeline.params.labels import Labels, Space, Spread
from pipeline.params.networks import Network, Patches, Training
from pipeline.params.overlay import lay
from pipeline.params.sections import Grouping, Name, PluginSections, Section
from pipeline.params.training import Autoencoder, Judge, Judges, Member
from pipeline.settings import Number, Seed, Whole

COMMON = ("patches", "network", "training")
# What a member has of the judge that it goes on from.
OF_THE_JUDGE = ("patches", "network")


class Ensemble(Section):
    """How the members are joined."""

    method: Literal["geometric", "arithmetic", "weighted"] = Field(
        "geometric",
        description="geometric | arithmetic | weighted\n"
        "Mean of the members' probabilities. `weighted` is the geometric one, weighted by validation MAP, so that each "
        "member needs a `hold_out`",
    )
    top_k: Annotated[Whole, Field(gt=0, le=1000)] = Field(3, description="k of MAP@k")


class Project(PluginSections):
    """Maps of the latents in two dimensions."""

    @classmethod
    def kind(cls) -> str:
        return "projection"

    @model_validator(mode="after")
    def _some(self) -> "Project":
        if not self.listed:
            raise ValueError(f"lists no map, expected one or more of {', '.join(registry.names('projection'))}")
        return self


class Report(Section):
    """What the report shows."""

    title: str = Field("Earmark report", description="of the report and the explorer")
    hidden_verified: Annotated[Number, Field(ge=0, le=0.5)] = Field(
        0.1, description="share of verified clips hidden in the review queue"
    )
    reconstructions: Annotated[Whole, Field(gt=0, le=100)] = Field(6, description="how many are shown")
    feature_maps: Annotated[Whole, Field(gt=0, le=1000)] = Field(16, description="how many are shown")
    dpi: Annotated[Whole, Field(ge=50, le=600)] = Field(110, description="of the pictures")


class Compute(Section):
    """Where and how precisely to compute."""

    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="auto | cpu | gpu\n`gpu` fails where there is none"
    )
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = Field(
        description="auto | float32 | mixed_bfloat16 | mixed_float16\n"
        "`auto` is `mixed_bfloat16` on a GPU, and under TensorFlow on a processor with `avx512_bf16` or `amx_bf16`; "
        "else `float32`",
    )
    threads: Annotated[Whole, Field(gt=0, le=1024)] = Field(
        description="of the CPU, for a network; another number: other last digits\n"
        "A judge has one, whatever `jobs`. Without effect on a GPU and under JAX",
    )
    jobs: Annotated[Whole, Field(ge=-1, le=1024)] = Field(
        -1,
        description="processes; -1: one a core\nFor features and, on a CPU, for the judges; without effect on results",
    )

    @field_validator("jobs")
    @classmethod
    def _some(cls, jobs: int) -> int:
        if jobs == 0:
            raise ValueError("must be a number of processes, or -1 for one a core")
        return jobs


class Params(Section):
    """The whole of params.yaml."""

    seed: Seed = Field(description="of everything drawn at random")
    dataset: Dataset
    folds: Annotated[Whole, Field(ge=2, le=100)] = Field(
        description="parts of the training clips, for cross-validation\nClips of one group are in one of them"
    )
    features: Features = Field(description="mel | stft | mfcc | waveform")
    audit: Audit = Field(description="the same sound across the split of a data set: refuse | count")
    patches: Patches = Field(
        description="{crop: {frames, test_crops}} | {resize: {frames}}\n"
        "What a network sees of a clip: `crop`, a window of so many `frames` (short clips are repeated), or `resize`, "
        "the whole clip, stretched. `frames: mean` is the mean of the training clips. With `crop`, the mean over "
        "`test_crops` windows is the clip's prediction",
    )
    network: Network = Field(description="vgg | cnn_mfcc | cnn1d")
    training: Training
    autoencoder: Autoencoder
    judges: Judges
    space: Space = Field(description="of the latents; whiten: null leaves their axes")
    spread: Spread
    labels: Labels
    self_train: Member = Field(description="what all members share")
    members: Annotated[dict[Name, Member], Field(min_length=1)] = Field(
        description="each network of the ensemble, and what it has of its own\n"
        "Its keys are names. Below each stand the keys of `self_train`, and `network`, `patches` and `training`, that "
        "are to be different for this member",
    )
    ensemble: Ensemble = Field(description="geometric | arithmetic | weighted")
    project: Project = Field(description="the maps: tsne, umap")
    report: Report
    compute: Compute

    @model_validator(mode="before")
    @classmethod
    def _lay(cls, given: Any) -> Any:
        """Lay what a section says of its own over what is said once for all."""
        if not isinstance(given, dict):
            return given
        common = {key: given[key] for key in COMMON if key in given}
        laid = dict(given)
        if isinstance(given.get("autoencoder"), dict) and "patches" in common:
            laid["autoencoder"] = {"patches": common["patches"]} | given["autoencoder"]
        judges = given.get("judges")
        if isinstance(judges, dict) and isinstance(judges.get("network"), dict):
            judge = lay(common, judges["network"], Judge)
            laid["judges"] = judges | {"network": judge}
            of_the_judge = {key: judge[key] for key in OF_THE_JUDGE if key in judge}
        else:
            of_the_judge = {}
        own, members = given.get("self_train"), given.get("members")
        if not isinstance(own, dict):
            return laid
        laid["self_train"] = lay(common, own, Member)
        if isinstance(members, dict):
            laid["members"] = {
                name: _member(str(name), common, of_the_judge, own, {} if member is None else member)
                for name, member in members.items()
            }
        return laid

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        self._named_apart()
        if self.ensemble.method == "weighted" and (blind := [n for n, m in self.members.items() if m.hold_out is None]):
            raise ValueError(
                f"ensemble.method: weighted weighs members by validation, but {', '.join(blind)} validate on no fold "
                "(hold_out: null)"
            )
        for name, member in self.members.items():
            self._accepts(f"members.{name}.network", "models", member.network.name)
            self._has_folds(f"members.{name}", member)
        self._has_grouping("spread.grouping", self.spread.grouping)
        noise = self.dataset.simulate_noise
        if noise is not None and noise.kind.within_family is not None:
            self._has_grouping("dataset.simulate_noise.kind.within_family.grouping", noise.kind.within_family.grouping)
        self._somebody_speaks()
        if self.judges.network is not None:
            self._accepts("judges.network.network", "models", self.judges.network.network.name)
        self._accepts("autoencoder.network", "autoencoders", self.autoencoder.network.name)
        return self

    def _named_apart(self) -> None:
        # A member is a folder, and not every file system tells `a` from `A`.
        folded = [name.casefold() for name in self.members]
        twice = sorted({name for name in self.members if folded.count(name.casefold()) > 1})
        if twice:
            raise ValueError(f"members: {', '.join(twice)} differ by case alone, expected names that differ by more")

    def _has_folds(self, where: str, member: Member) -> None:
        for key, fold in (("hold_out", member.hold_out), ("from_judge", member.from_judge)):
            if fold is not None and fold >= self.folds:
                raise ValueError(f"{where}.{key}: {fold} does not exist, folds are 0 to {self.folds - 1}")
        if member.from_judge is not None and self.judges.network is None:
            raise ValueError(
                f"{where}.from_judge: {member.from_judge} goes on from a judge, but judges.network: null asks none; "
                "take one of them away"
            )

    def _somebody_speaks(self) -> None:
        if self.judges.network is None and self.judges.linear is None and not self.labels.spreading:
            raise ValueError("labels.spreading: false leaves no evidence, as judges.network and judges.linear are null")
        if self.labels.open_set and self.judges.network is None:
            raise ValueError(
                "labels.open_set: true tells sounds of no class by what judges.network hears, but it is null; set it "
                "to false, or ask the judge"
            )

    def _has_grouping(self, where: str, grouping: Grouping) -> None:
        """Check that a grouping that is named is one of the data set, and that one that is written out is possible."""
        if isinstance(grouping, str):
            known = ["one", *sorted(registry.keys("datasets", self.dataset.name, "GROUPINGS"))]
            if grouping not in known:
                raise ValueError(
                    f"{where}: {self.dataset.name} has no grouping {grouping!r}, expected one of "
                    f"{', '.join(known)}, or one that is written out"
                )
            return
        listed = [name for members in grouping.values() for name in members]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"{where}: class {twice[0]!r} is listed more than once, expected each class once")

    def _accepts(self, where: str, kind: str, network: str) -> None:
        accepted = registry.constant(kind, network, "ACCEPTS")
        if self.features.name not in accepted:
            raise ValueError(
                f"{where}: {network} takes features {' or '.join(accepted)}, but features.name is {self.features.name}"
            )


def _member(name: str, common: dict[str, Any], of_the_judge: dict[str, Any], shared: dict[str, Any], own: Any) -> Any:
    """Return a member: its own keys over those of `self_train` over the common ones, and of its judge what is its.

    Raises:
        ValueError: it goes on from a judge and has a network or patches of its own.
    """
    if not isinstance(own, dict):
        return own
    laid = lay(lay(common, shared, Member), own, Member)
    if laid.get("from_judge") is None:
        return laid
    for key in OF_THE_JUDGE:
        if key in own or key in shared:
            written = f"members.{name}.{key}" if key in own else f"self_train.{key}"
            raise ValueError(
                f"{written}: members.{name}.from_judge: {laid['from_judge']} brings the {key} of the judge; take one "
                "of them away, or say it in judges.network"
            )
    return laid | of_the_judge


def load_params(path: str | Path) -> Params:
    """Read and check a params file.

    Raises:
        ParamsError: the file is unreadable, not YAML, or a key is unknown, repeated, missing or impossible;
            the message has one line a problem, each with the file and the key.
    """
    path = Path(path)
    data = yaml_file.parse(path)
    renamed.check(path, data)
    return check(path, data)


def check(path: Path, data: dict[str, Any]) -> Params:
    """Check what a params file holds; `path` is what messages call it. Raises as `load_params` does."""
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        raise ParamsError(yaml_file.message(path, error, data)) from None
    except EarmarkError as error:
        raise ParamsError(f"{path}: {error}") from None
