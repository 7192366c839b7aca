"""Settings laid over others: what a section says of its own over what is said once for all."""

from typing import Any

from pydantic import BaseModel

from pipeline.params.sections import Choice, Plugin, Section, section_of


def lay(base: Any, own: Any, section: type[BaseModel]) -> Any:
    """Return the mapping `base` with the keys of `own` laid over it, as the fields of `section` say.

    A section is gone into. A plugin is where both have one name, or `own` has none; else `own` replaces it. All else is
    replaced whole: a value, a list, a choice with its settings, and mappings whose keys are names.
    """
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    laid = dict(base)
    for key, value in own.items():
        field = section.model_fields.get(key)
        inside = None if field is None else section_of(field.annotation)
        laid[key] = lay(base.get(key), value, inside) if inside and _merges(base.get(key), value, inside) else value
    return laid


def _merges(base: Any, own: Any, section: type[BaseModel]) -> bool:
    if not isinstance(base, dict) or not isinstance(own, dict):
        return False
    if issubclass(section, Plugin):
        return own.get("name", base.get("name")) == base.get("name")
    return issubclass(section, Section) and not issubclass(section, Choice)
