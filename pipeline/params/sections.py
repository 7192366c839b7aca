"""What the classes of params.yaml are made of: strict sections, plugins with their settings, and choices.

Conventions: the first line of a field's description is its comment in params.yaml; what follows it is told in
docs/settings.md alone. A field without a description is what its section says it is.
"""

import difflib
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline.params import registry

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]


def _grouping(given: Any) -> Any:
    families = given.values() if isinstance(given, dict) else []
    lists = all(isinstance(one, list) and one and all(isinstance(name, str) for name in one) for one in families)
    if isinstance(given, dict):
        _quote(given)
    if isinstance(given, str) or (isinstance(given, dict) and given and lists):
        return given
    raise ValueError("expected the name of a grouping, or {family: [class, ...], ...} with one class or more in each")


def _quote(given: dict[Any, Any]) -> None:
    """Say of names that YAML took for something else (0, 010, 1e3, true, null, a date) that they need quotes.

    They are not taken as their text: what was written may have been another, such as 010 for 10.
    """
    found = [("family", family, "") for family in given if not isinstance(family, str)]
    found += [
        ("class", name, f" of family {str(family)!r}")
        for family, members in given.items()
        for name in (members if isinstance(members, list) else [])
        if not isinstance(name, str | list | dict)
    ]
    if found:
        kinds = {bool: "a truth value", int: "a number", float: "a number", type(None): "nothing"}
        what, name, where = found[0]
        shown = {True: "true", False: "false", None: "null"}[name] if isinstance(name, bool | None) else str(name)
        more = f"; so are {len(found) - 1} more" if len(found) > 1 else ""
        raise ValueError(
            f"{what} {shown}{where} is {kinds.get(type(name), 'a date')} to YAML, expected a name: quote it as it is "
            f'written in the table, such as "{shown}"{more}'
        )


Grouping = Annotated[str | dict[Name, list[str]], BeforeValidator(_grouping)]


class Section(BaseModel):
    """A section of params.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Section):
    """What a choice has that has no settings."""


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the class of a field that is a section, a plugin or a choice, or None and one of these; else None."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)


class Choice(Section):
    """One of several things: its name, or a mapping of its name to its settings, such as `{rbf: {gamma: 20}}`.

    So no setting can be written that the other choice alone would read. Each field is one thing, and None.
    """

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if isinstance(given, Choice):
            return given
        there = ", ".join(cls.model_fields)
        named = {given: None} if isinstance(given, str) else given
        if not isinstance(named, dict):
            raise ValueError(f"expected one of {there}, or a mapping of one of them to its settings")
        if len(named) > 1:
            named = {name: settings for name, settings in named.items() if settings is not None}
        if len(named) != 1:
            found = " and ".join(map(str, named)) or "none"
            raise ValueError(f"expected one of {there}, found {found}: they exclude each other")
        ((name, settings),) = named.items()
        if name not in cls.model_fields:
            near = difflib.get_close_matches(str(name), cls.model_fields, n=1)
            raise ValueError(f"there is no {name!r}, there are {there}{f'; did you mean {near[0]!r}?' if near else ''}")
        if settings is None and section_of(cls.model_fields[name].annotation) is None:
            raise ValueError(f"{name} needs a value; write {{{name}: ...}}")
        return {name: {} if settings is None else settings}

    @property
    def chosen(self) -> str:
        """The name of what was chosen."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)


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
    """Each key is a plugin of one kind, with its settings; in the order in which they are listed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @classmethod
    def kind(cls) -> str:
        raise LookupError(cls.__name__)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = {}
        for key in map(str, given):
            if key not in registry.names(cls.kind()):
                registry.load(cls.kind(), key)
            # `mixup:` alone means its defaults; `mixup: false` does not.
            own = {} if given[key] is None else given[key]
            filled[key] = _plugin_settings(cls.kind(), key, own, (key,))
        return filled

    @property
    def listed(self) -> dict[str, dict[str, Any]]:
        """The settings of each plugin by its name, defaults filled in, in order."""
        return dict(self.model_extra or {})


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
