"""params.yaml as typed, frozen models: one class a section, unknown and repeated keys refused.

Conventions: the file is read as YAML 1.2, as DVC reads it (`1e-3` is a number, `no` is text). Sections named
after plugins (`features.mel`, `self_train.augment.mixup`, ...) hold the settings that the plugin's own function
declares. A member is `self_train` with what `members.<name>` changes laid over it.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from pipeline.errors import EarmarkError, ParamsError
from pipeline.params import registry, renamed, yaml_file
from pipeline.params.sections import Grouping, Name, Plugin, PluginSections, Section
from pipeline.params.training import Autoencoder, Judges, Member
from pipeline.settings import Fraction, NonNegativeInt, PositiveFloat, PositiveInt


class SimulateNoise(Section):
    """Turn a fully labelled data set into a half-trusted one, keeping the truth."""

    verified_fraction: Fraction
    rate: Fraction
    kind: Literal["symmetric", "within_group", "open_set"] = "within_group"
    grouping: Grouping = "two"
    seed: int = 0


class Dataset(Plugin):
    """Which clips, and which of their labels are verified."""

    root: str
    simulate_noise: SimulateNoise | None = None

    @classmethod
    def kind(cls) -> str:
        return "datasets"


class Folds(Section):
    """Cross-validation folds of the training split."""

    n: Annotated[int, Field(ge=2, le=100)] = 5


class Features(PluginSections):
    """From audio to frames."""

    kind_: str = Field(alias="kind")
    sr: PositiveInt = 22050
    trim_db: PositiveFloat | None = 60.0
    max_seconds: PositiveFloat = 30.0
    max_quarantined: Fraction = 0.05

    @classmethod
    def kind(cls) -> str:
        return "features"

    @field_validator("kind_")
    @classmethod
    def _exists(cls, name: str) -> str:
        registry.settings_model("features", name)
        return name

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the chosen kind."""
        return self.of(self.kind_)


class Spread(Section):
    """Where evidence of the unverified labels comes from, and what is made of it."""

    source: Literal["latents", "out_of_fold", "both"]
    promote: Literal["agree", "posterior"] = "agree"
    precision: Fraction = 0.98
    correct: Fraction | None = 0.9
    open_set: bool = True
    grouping: Grouping
    kernel: Literal["rbf", "knn"] = "rbf"
    gamma: PositiveFloat | Literal["auto"] = "auto"
    gamma_scale: PositiveFloat = 1.0
    n_neighbors: PositiveInt = 7
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.2
    max_iter: PositiveInt = 100_000
    tol: PositiveFloat = 1e-3
    whiten: PositiveInt | None
    normalize: bool
    min_confidence: Fraction = 0.0


class Ensemble(Section):
    """Which members are joined, and how."""

    members: Annotated[list[Name], Field(min_length=1)]
    method: Literal["geometric", "arithmetic", "weighted"] = "geometric"
    top_k: PositiveInt = 3

    @field_validator("members")
    @classmethod
    def _unique(cls, names: list[str]) -> list[str]:
        # A member is a folder, and not every file system tells `a` from `A`.
        folded = [name.casefold() for name in names]
        twice = sorted({name for name in names if folded.count(name.casefold()) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return names


class Project(PluginSections):
    """Two-dimensional projections of the latents."""

    methods: Annotated[list[str], Field(min_length=1)]

    @classmethod
    def kind(cls) -> str:
        return "projection"

    @field_validator("methods")
    @classmethod
    def _exist(cls, names: list[str]) -> list[str]:
        for name in names:
            registry.settings_model("projection", name)
        return names


class Report(Section):
    """What the report shows."""

    title: str = "Earmark report"
    reconstructions: PositiveInt = 6
    feature_maps: PositiveInt = 16
    dpi: Annotated[int, Field(ge=50, le=600)] = 110
    hidden_verified: Annotated[float, Field(ge=0, le=0.5)] = 0.1


class Compute(Section):
    """Where and how precisely to compute."""

    device: Literal["auto", "cpu", "gpu"] = "auto"
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    threads: PositiveInt
    jobs: int = -1

    @field_validator("jobs")
    @classmethod
    def _some(cls, jobs: int) -> int:
        if jobs == 0 or jobs < -1:
            raise ValueError("must be a number of processes, or -1 for one a core")
        return jobs


class Params(Section):
    """The whole of params.yaml."""

    seed: NonNegativeInt
    dataset: Dataset
    folds: Folds
    features: Features
    autoencoder: Autoencoder
    judges: Judges
    spread: Spread
    self_train: dict[str, Any]
    members: dict[Name, Member]
    ensemble: Ensemble
    project: Project
    report: Report
    compute: Compute

    @model_validator(mode="before")
    @classmethod
    def _lay_members_over_self_train(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        base, members = given.get("self_train"), given.get("members")
        if not isinstance(base, dict) or not isinstance(members, dict):
            return given
        laid = {name: overlay(base, own or {}) if isinstance(own or {}, dict) else own for name, own in members.items()}
        return given | {"members": laid}

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        missing = [name for name in self.ensemble.members if name not in self.members]
        if missing:
            raise ValueError(f"ensemble.members: {', '.join(missing)} not described under members")
        blind = [name for name in self.ensemble.members if self.members[name].fold is None]
        if blind and self.ensemble.method == "weighted":
            raise ValueError(
                f"ensemble.method: weighted weighs members by validation, but {', '.join(blind)} validate on no fold "
                "(fold: null)"
            )
        for name, member in self.members.items():
            self._accepts(f"members.{name}", "models", member.model.name)
            if member.fold is not None and member.fold >= self.folds.n:
                last = self.folds.n - 1
                raise ValueError(f"members.{name}.fold: {member.fold} does not exist, folds are 0 to {last}")
        for name in self.ensemble.members:
            self._can_start(f"members.{name}.start", self.members[name])
        self._has_grouping("spread.grouping", self.spread.grouping)
        noise = self.dataset.simulate_noise
        if noise is not None and noise.kind == "within_group":
            self._has_grouping("dataset.simulate_noise.grouping", noise.grouping)
        self._accepts("judges.network", "models", self.judges.network.model.name)
        self._accepts("autoencoder", "autoencoders", self.autoencoder.model.name)
        return self

    def _can_start(self, where: str, member: Member) -> None:
        """Check that there is a judge of the fold `member.start`, of the same network."""
        if member.start is None:
            return
        if self.spread.source == "latents":
            raise ValueError(
                f"{where}: {member.start} goes on from a judge, but spread.source: latents asks none; set start to "
                "null, or the source to both"
            )
        if member.start >= self.folds.n:
            raise ValueError(f"{where}: {member.start} does not exist, folds are 0 to {self.folds.n - 1}")
        if member.model != self.judges.network.model:
            raise ValueError(
                f"{where}: {member.start} goes on from the weights of a judge, so the member's model has to be "
                "judges.network.model; give both the same, or set start to null"
            )
        if member.patches != self.judges.network.patches:
            raise ValueError(
                f"{where}: {member.start} goes on from a judge, so the member's patches have to be "
                "judges.network.patches: a network hears what it has learned on; give both the same, or set start "
                "to null"
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

    def _accepts(self, where: str, kind: str, model: str) -> None:
        accepted = registry.constant(kind, model, "ACCEPTS")
        if self.features.kind_ not in accepted:
            raise ValueError(
                f"{where}.model: {model} takes features of kind {' or '.join(accepted)}, "
                f"but features.kind is {self.features.kind_}"
            )


def overlay(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the keys of `own` laid over it, mapping by mapping.

    A mapping with another `name` (a model) and `augment` replace the base's instead: their keys belong together.
    """
    merged = dict(base)
    for key, value in own.items():
        old = merged.get(key)
        whole = key == "augment" or (isinstance(value, dict) and "name" in value)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = overlay(old, value) if both and not whole else value  # type: ignore[arg-type]
    return merged


def load_params(path: str | Path) -> Params:
    """Read and check a params file.

    Raises:
        ParamsError: the file is unreadable, not YAML, or a key is unknown, repeated, missing or impossible;
            the message has one line a problem, each with the file and the key.
    """
    path = Path(path)
    data = yaml_file.parse(path)
    renamed.check(path, data)
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        raise ParamsError(yaml_file.message(path, error, data)) from None
    except EarmarkError as error:
        raise ParamsError(f"{path}: {error}") from None
