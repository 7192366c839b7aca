"""The page docs/settings.md, from the classes of params.yaml, what they say of their fields, and dvc.yaml.

Run it after a change of one of these: python -m tests.docs.settings > docs/settings.md

Conventions: a row is key, meaning and default. `base` is what presets/base.yaml has of a field, `MISSING` where it has
nothing.
"""

import ast
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from pipeline.params import registry, yaml_file
from pipeline.params.schema import COMMON, Params
from pipeline.params.sections import Choice, Nothing, Plugin, PluginSections, Section, section_of
from pipeline.presets import catalogue
from pipeline.presets.layout import flowing
from tests.conftest import ROOT
from tests.docs import cells
from tests.docs.cells import MISSING

PAGE = ROOT / "docs" / "settings.md"
HEAD = """\
# Settings

What does each setting in `params.yaml` mean, what is it as the file comes, and what runs again when it changes?

The file comes as the preset `demo`. [Presets](presets.md) says which others there are, and how to get one. These are
the rules of its form:

- **A setting is said once.** `patches`, `network` and `training` at the top are those of every network. A judge or a
  member says only what is different for it, key by key. But a choice, `augment` and a network of another `name` are
  replaced as a whole. A member also has what `self_train` says. The autoencoder has the `patches` at the top, and a
  network and a training of its own.
- **`name` chooses a plugin**, and the keys beside it are the settings of that plugin.
- **A choice** is a name, or a name with its settings: `agree`, or `{posterior: {precision: 0.98}}`. In the tables, `|`
  stands between what there is to choose from.
- **Every section has to be there.** A key marked ° may be left out. It then has the value in brackets, or the default
  where there are none.
- **A key that is not known stops the run.** So does one of an earlier form of the file; the message says what it is
  called now.

“Default” is what the file has as it comes. “Read by” names the stages that run again when a setting changes; what
follows them runs again where their results change. `judge` is one stage for each judge, `self_train` one for each
member. [How it works](how-it-works.md) explains the stages and the words.
"""
TITLES = {
    "datasets": "Data sets",
    "features": "Kinds of features",
    "models": "Networks",
    "autoencoders": "Autoencoders",
    "augment": "Augmentations",
    "projection": "Maps",
}
# What its class, which `members` shares with it, does not say.
BESIDE = {"self_train": "What all members share. "}
MEMBERS = """\
Two members, for example, of which one is a larger network that is trained and validated on folds of its own:

```yaml
members:
  one: {from_judge: 0}
  large: {hold_out: 1, network: {convs: 3}, training: {batch_size: 32}}
```"""
COLUMNS = ["key", "meaning", "default"]
Row = tuple[str, str, str]


def page() -> str:
    """Return the text of the page."""
    base = yaml_file.parse(catalogue.FOLDER / f"{catalogue.BASE}.yaml")
    parts = [HEAD.rstrip("\n")]
    for key, field in Params.model_fields.items():
        parts += [f"## {key}", *_section(key, field, base.get(key, {}))]
    return "\n\n".join(parts) + "\n"


def _section(key: str, field: FieldInfo, base: Any) -> Iterator[str]:
    """Yield the paragraphs and tables of one key of the file."""
    section = section_of(field.annotation)
    if section is not None:
        yield BESIDE.get(key, "") + _first_line(section.__doc__)
    elif isinstance(base, dict):
        yield cells.meaning(field)
    yield read_by(key)
    if section is None and isinstance(base, dict):
        yield f"Default: {' and '.join(cells.code(f'{name}: {flowing(own)}') for name, own in base.items())}."
        yield MEMBERS
    elif section is None or issubclass(section, Choice):
        top = (cells.key(key, field), cells.meaning(field), cells.default(field, base))
        yield cells.table(COLUMNS, [top, *_options(field, f"{key}.", base)])
    elif not issubclass(section, PluginSections):
        yield cells.table(COLUMNS, _rows(section, "", base, field))
    for kind, chosen in _kinds(section, base):
        yield f"### {TITLES[kind]}"
        yield cells.table(["name", *COLUMNS], _of_plugins(kind, chosen))


def _rows(section: type[BaseModel], before: str, base: Any, chooser: FieldInfo | None = None) -> Iterator[Row]:
    """Yield a row a field of a section, and of what is below it.

    Args:
        section: the class.
        before: the keys that lead to it from the top one, each with a dot.
        base: of the section.
        chooser: the field that the section is, which says what a plugin may be called.
    """
    for name, field in section.model_fields.items():
        value = base.get(name, MISSING) if isinstance(base, dict) else MISSING
        inside, key = section_of(field.annotation), before + name
        if _common(name, inside):
            yield f"{cells.code(key)} °", cells.meaning(field), f"as [`{name}`](#{name})"
        elif inside is None and chooser is not None and not field.description:
            yield cells.key(key, field), cells.meaning(chooser, chosen=True), cells.default(field, value)
        elif inside is None or issubclass(inside, PluginSections | Choice):
            yield cells.key(key, field), cells.meaning(field), cells.default(field, value)
            yield from _options(field, f"{key}.", value)
        elif issubclass(inside, Plugin):
            yield from _rows(inside, f"{key}.", value, field)
        else:
            absent = value is None or (value is MISSING and field.default is None)
            yield cells.key(key, field), cells.meaning(field), cells.code("null") if absent else ""
            for own, means, is_now in _rows(inside, f"{key}.", value):
                yield own, f"As in [{name}](#{name})." if _below_common(name, inside) else means, is_now


def _options(field: FieldInfo, before: str, base: Any) -> Iterator[Row]:
    """Yield the rows of what may be chosen and has settings: what it is, unless that was said, and each setting."""
    choice, (_, rest) = section_of(field.annotation), cells.parts(field)
    if choice is None or not issubclass(choice, Choice):
        return
    for name, option in choice.model_fields.items():
        inside = section_of(option.annotation)
        if inside is None or issubclass(inside, Nothing):
            continue
        if cells.code(name) not in rest:
            yield cells.code(before + name), _first_line(inside.__doc__), ""
        yield from _rows(inside, f"{before}{name}.", base.get(name, MISSING) if isinstance(base, dict) else MISSING)


def _kinds(section: type[BaseModel] | None, base: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each kind of plugin that a section chooses from, with the settings of those that `base` chooses."""
    if section is None or not isinstance(base, dict):
        return
    if issubclass(section, PluginSections):
        yield section.kind(), base
    elif issubclass(section, Plugin):
        yield section.kind(), {base["name"]: base}
    elif issubclass(section, Section) and not issubclass(section, Choice):
        for name, field in section.model_fields.items():
            if not _common(name, section_of(field.annotation)):
                yield from _kinds(section_of(field.annotation), base.get(name))


def _of_plugins(kind: str, chosen: dict[str, dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield a row a plugin, those that are chosen first, and a row a setting of it."""
    for name in sorted(registry.names(kind), key=lambda one: (one not in chosen, one)):
        yield cells.code(name), "", _plugin_is(kind, name), ""
        said = registry.described(kind, name)
        for key, field in registry.settings_model(kind, name).model_fields.items():
            values = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
            which = " | ".join(cells.code(value) for value in values)
            means = "<br>".join(part for part in (which, cells.sentences(cells.marked(said[key]))) if part)
            yield "", cells.key(key, field), means, cells.default(field, chosen.get(name, {}).get(key, MISSING))


def _plugin_is(kind: str, name: str) -> str:
    """Return what a plugin is, and what it goes with."""
    path = next(path for path in (registry.PLUGINS / kind).glob(f"{name}*.py") if path.stem.rstrip("_") == name)
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    words = cells.sentences(_first_line(docstring).removeprefix(f"`{name}`: "))
    if kind in ("models", "autoencoders"):
        words += f" Takes {cells.listed(registry.constant(kind, name, 'ACCEPTS'), 'or')}."
    if kind == "datasets":
        words += f" Groupings: {cells.listed(['one', *registry.keys(kind, name, 'GROUPINGS')], 'and')}."
    return words


def read_by(key: str) -> str:
    """Return which stages run again when a key changes, as dvc.yaml has it."""
    parts: dict[str, list[str]] = {}
    for name, stage in YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"].items():
        for first, _, rest in (entry.partition(".") for entry in stage.get("do", stage)["params"]):
            if first == key:
                own = " (each what is below its own name)" if rest == "${key}" else ""
                parts.setdefault(rest if not own else "", []).append(cells.code(name) + own)
    if list(parts) == [""]:
        return f"Read by: {', '.join(parts[''])}."
    section = section_of(Params.model_fields[key].annotation)
    assert section is not None
    unread = cells.listed([name for name in section.model_fields if name not in parts], "and")
    lines = [f"- {cells.code(part)}. Read by: {', '.join(stages)}." for part, stages in parts.items()]
    return "\n".join([*lines, f"- {unread}. Nothing runs again."])


def _common(name: str, section: type[BaseModel] | None) -> bool:
    """Whether a field that is left out has what is said once for all networks."""
    return name in COMMON and section is not None and section is section_of(Params.model_fields[name].annotation)


def _below_common(name: str, section: type[BaseModel]) -> bool:
    """Whether the keys of a section mean what they mean where they are said for all networks."""
    common = section_of(Params.model_fields[name].annotation) if name in COMMON else None
    return common is not None and issubclass(common, section)


def _first_line(docstring: str | None) -> str:
    return (docstring or "").split("\n")[0]


if __name__ == "__main__":
    print(page(), end="")
