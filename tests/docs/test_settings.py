"""docs/settings.md is what the classes of params.yaml and dvc.yaml say, and these say something of each setting."""

import re
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.params import registry
from pipeline.params.schema import COMMON, Params
from pipeline.params.sections import Choice, Plugin, PluginSections, section_of

from . import cells, settings


def classes(section: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a class and those of its fields, and theirs."""
    yield section
    for field in section.model_fields.values():
        if inside := section_of(field.annotation):
            yield from classes(inside)


FIELDS = {
    f"{section.__name__}.{name}": (section, name, field)
    for section in classes(Params)
    for name, field in section.model_fields.items()
}
PLUGINS = [(kind, name) for kind in registry.FUNCTIONS for name in registry.names(kind)]


def test_the_page_is_what_the_settings_say() -> None:
    assert settings.PAGE.read_text(encoding="utf-8") == settings.page(), (
        "run `python -m tests.docs.settings > docs/settings.md`"
    )


@pytest.mark.parametrize("where", FIELDS)
def test_a_field_says_what_it_means(where: str) -> None:
    section, name, field = FIELDS[where]
    inside = section_of(field.annotation)
    if inside is not None:
        assert inside.__doc__
    # What may be chosen is said of the field that chooses it, also by what name a plugin goes.
    elif not issubclass(section, Choice) and not (issubclass(section, Plugin) and name == "name"):
        assert field.description


def _choices(section: type[BaseModel], name: str, field: FieldInfo) -> set[str]:
    """Return the names of which a field takes one, or several."""
    inside = section_of(field.annotation)
    if inside is not None and issubclass(inside, Choice):
        return set(inside.model_fields)
    if inside is not None and issubclass(inside, Plugin | PluginSections):
        own = inside.model_fields.get("name")
        return set() if own is not None and own.description else set(registry.names(inside.kind()))
    if issubclass(section, Plugin) and name == "name" and field.description:
        return set(registry.names(section.kind()))
    return set(get_args(field.annotation)) if get_origin(field.annotation) is Literal else set()


@pytest.mark.parametrize("where", FIELDS)
def test_what_may_be_chosen_is_in_the_first_line(where: str) -> None:
    section, name, field = FIELDS[where]
    if name in COMMON and section is not Params:
        return
    words = set(re.findall(r"\w+", cells.parts(field)[0]))
    assert _choices(section, name, field) - words == set()


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_a_plugin_says_what_its_settings_mean(kind: str, name: str) -> None:
    described = registry.described(kind, name)
    assert [key for key in registry.settings_model(kind, name).model_fields if not described.get(key)] == []


def test_what_may_be_chosen_reads_as_code() -> None:
    for words, expected in (
        ("soft | {agree: {least: 0.9}} | last", "`soft` | `{agree: {least: 0.9}}` | `last`"),
        ("{best: patience}, of clips | all (any)\nOf `x`", "`{best: patience}`, of clips | `all` (any)<br>Of `x`."),
        ("one | a grouping", "`one` | a grouping"),
        ("share of clips; null: none\n`false`: all", "Share of clips; `null`: none. `false`: all."),
        ("near 0: this; 1: that", "Near `0`: this; `1`: that."),
        ("1, or {number}", "`1`, or `{number}`."),
    ):
        assert cells.meaning(FieldInfo(description=words)) == expected


def test_the_stages_that_read_a_setting_are_those_of_dvc() -> None:
    assert settings.read_by("features") == "Read by: `spectrograms`."
    assert settings.read_by("judges") == "Read by: `judge` (each what is below its own name)."
    assert "`device` and `jobs`. Nothing runs again." in settings.read_by("compute")
