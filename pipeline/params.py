"""params.yaml as typed, frozen models: one class a section, unknown and repeated keys refused.

Conventions: the file is read as YAML 1.2, as DVC reads it (`1e-3` is a number, `no` is text). Sections named
after plugins (`features.mel`, `self_train.augment.mixup`, ...) hold the settings that the plugin's own function
declares. A member is `self_train` with what `members.<name>` changes laid over it.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline import registry
from pipeline.errors import EarmarkError, ParamsError
from pipeline.settings import Fraction, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
Grouping = str | dict[Name, Annotated[list[str], Field(min_length=1)]]
MAX_BYTES = 1_000_000


class Section(BaseModel):
    """A section of params.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _plugin_settings(kind: str, name: str, given: dict[str, Any], where: tuple[str, ...] = ()) -> dict[str, Any]:
    """Check a plugin's settings; errors point at the plugin's key."""
    try:
        return registry.settings(kind, name, given)
    except ValidationError as error:
        details = [
            InitErrorDetails(
                type=PydanticCustomError("plugin_setting", "{text}", {"text": _words(e, kind, name)}),
                loc=(*where, *e["loc"]),
                input=e["input"],
            )
            for e in error.errors()
        ]
        raise ValidationError.from_exception_data(kind, details) from None


def _words(error: Any, kind: str, name: str) -> str:
    if error["type"] != "extra_forbidden":
        return str(error["msg"])
    known = ", ".join(registry.settings_model(kind, name).model_fields)
    return f"not a setting of {name}, which takes: {known or 'none'}"


class _PluginSections(BaseModel):
    """Keys beside the declared ones are plugins of one kind, each with its settings."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @classmethod
    def kind(cls) -> str:
        raise LookupError(cls.__name__)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        known = {field.alias or name for name, field in cls.model_fields.items()}
        filled = dict(given)
        for key in map(str, set(given) - known):
            if key not in registry.names(cls.kind()):
                registry.load(cls.kind(), key)
            filled[key] = _plugin_settings(cls.kind(), key, given[key] or {}, (key,))
        return filled

    def of(self, name: str) -> dict[str, Any]:
        """Return the settings of plugin `name`, defaults where the section is absent."""
        given = (self.model_extra or {}).get(name)
        return given if given is not None else registry.settings(self.kind(), name, {})


class _Plugin(BaseModel):
    """`name` chooses a plugin of one kind; the keys beside the declared ones are its settings."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @classmethod
    def kind(cls) -> str:
        raise LookupError(cls.__name__)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "name" not in given:
            return given
        own = {key: value for key, value in given.items() if key in cls.model_fields}
        rest = {key: value for key, value in given.items() if key not in cls.model_fields}
        return own | _plugin_settings(cls.kind(), str(given["name"]), rest)

    @property
    def settings(self) -> dict[str, Any]:
        """The plugin's own settings, defaults filled in."""
        return dict(self.model_extra or {})


class SimulateNoise(Section):
    """Turn a fully labelled data set into a half-trusted one, keeping the truth."""

    verified_fraction: Fraction
    rate: Fraction
    kind: Literal["symmetric", "within_group", "open_set"] = "within_group"
    grouping: Grouping = "two"
    seed: int = 0


class Dataset(_Plugin):
    """Which clips, and which of their labels are verified."""

    root: str
    simulate_noise: SimulateNoise | None = None

    @classmethod
    def kind(cls) -> str:
        return "datasets"


class Folds(Section):
    """Cross-validation folds of the training split."""

    n: Annotated[int, Field(ge=2, le=100)] = 5


class Features(_PluginSections):
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


class Patches(Section):
    """How ragged frames become arrays of one shape."""

    mode: Literal["crop", "resize"] = "crop"
    frames: PositiveInt | Literal["mean"] = 128
    test_crops: PositiveInt = 3


class Model(_Plugin):
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


class Autoencoder(Section):
    """The autoencoder whose latents labels are spread over."""

    patches: Patches
    model: Model
    latents: PositiveInt
    fit: Fit
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1


class Spread(Section):
    """Label spreading within groups of classes, abstention and promotion."""

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
    hidden_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    repeats: PositiveInt = 10


class Augment(_PluginSections):
    """Augmentations, applied in the order in which they are listed."""

    @classmethod
    def kind(cls) -> str:
        return "augment"

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """Settings by name, in order."""
        return dict(self.model_extra or {})


class Selection(Section):
    """Which clips of the pool a round takes, and with what label."""

    rule: Literal["predicted", "agree", "agree_or_relabel"] = "predicted"
    lower: Annotated[list[Fraction], Field(min_length=2, max_length=2)] = [0.35, 0.65]
    upper: Fraction = 1.0
    relabel: Fraction = 0.9
    max_per_class: PositiveInt | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Selection":
        if max(self.lower) > self.upper:
            raise ValueError(f"the lower bounds {self.lower} must not be above the upper bound {self.upper}")
        return self


class Member(Section):
    """One network trained in rounds of self-training."""

    model: Model
    train_on: Literal["verified", "promoted", "all"] = "promoted"
    fold: NonNegativeInt = 0
    rounds: PositiveInt = 3
    restart: bool = False
    patches: Patches
    fit: Fit
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    augment: Augment = Augment()
    selection: Selection = Selection()

    @model_validator(mode="after")
    def _average_or_best(self) -> "Member":
        if self.ema is not None and self.fit.patience is not None:
            raise ValueError(
                "ema and fit.patience exclude each other: the averaged weights would replace the best ones"
            )
        return self


class Ensemble(Section):
    """Which members are joined, and how."""

    members: Annotated[list[Name], Field(min_length=1)]
    method: Literal["geometric", "arithmetic", "weighted"] = "geometric"
    top_k: PositiveInt = 3

    @field_validator("members")
    @classmethod
    def _unique(cls, names: list[str]) -> list[str]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return names


class Project(_PluginSections):
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


class Compute(Section):
    """Where and how precisely to compute."""

    device: Literal["auto", "cpu", "gpu"] = "auto"
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
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
        for name, member in self.members.items():
            self._accepts(f"members.{name}", member.model.name)
            if member.fold >= self.folds.n:
                last = self.folds.n - 1
                raise ValueError(f"members.{name}.fold: {member.fold} does not exist, folds are 0 to {last}")
        self._accepts("autoencoder", self.autoencoder.model.name)
        return self

    def _accepts(self, where: str, model: str) -> None:
        accepted = registry.constant("models", model, "ACCEPTS")
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


def _parse(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ParamsError(f"{path}: cannot be read ({error.strerror}); expected a params file, see presets/") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    if len(text) > MAX_BYTES:
        raise ParamsError(f"{path}: {len(text)} characters, expected a params file of at most {MAX_BYTES}")
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


def _place(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    """Return the key that the user wrote: what a member has from `self_train` is found there."""
    if len(loc) > 2 and loc[0] == "members":
        own = data["members"].get(loc[1])
        if isinstance(own, dict) and loc[2] not in own and loc[2] in data["self_train"]:
            loc = ("self_train", *loc[2:])
    return ".".join(map(str, loc))


def _message(path: Path, error: ValidationError, data: dict[str, Any]) -> str:
    lines = []
    for item in error.errors():
        key = _place(item["loc"], data)
        found = f" (found {item['input']!r})" if not isinstance(item["input"], dict | Section) else ""
        words = {"extra_forbidden": "unknown key; remove it or correct its spelling", "missing": "missing; add it"}
        text = words.get(item["type"], item["msg"].removeprefix("Value error, "))
        where = f"{path}: {key}: " if key else f"{path}: "
        lines.append(f"{where}{text}{'' if item['type'] == 'missing' else found}")
    return "\n".join(dict.fromkeys(lines))


def load_params(path: str | Path) -> Params:
    """Read and check a params file.

    Raises:
        ParamsError: the file is unreadable, not YAML, or a key is unknown, repeated, missing or impossible;
            the message has one line a problem, each with the file and the key.
    """
    path = Path(path)
    data = _parse(path)
    if not isinstance(data, dict):
        raise ParamsError(f"{path}: expected a mapping of sections, found {type(data).__name__}")
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        raise ParamsError(_message(path, error, data)) from None
    except EarmarkError as error:
        raise ParamsError(f"{path}: {error}") from None
