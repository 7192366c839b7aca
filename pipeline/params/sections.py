"""What the classes of params.yaml are made of: strict sections, and sections whose keys are plugins and settings."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline.params import registry

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
Grouping = str | dict[Name, Annotated[list[str], Field(min_length=1)]]


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


class PluginSections(BaseModel):
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


class Plugin(BaseModel):
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
