"""Families of classes, by the name of a data set's grouping or written out in params.yaml."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.errors import ParamsError
from pipeline.files.names import alike, tidy

ONE = "all"


def resolve(
    grouping: str | Mapping[str, Sequence[str]],
    known: Mapping[str, Mapping[str, Sequence[str]]],
    classes: Sequence[str],
    key: str,
) -> dict[str, list[str]]:
    """Return `{family: classes}`, each of `classes` in exactly one family.

    `one` is a single family, `all`, whatever the data set. A grouping that comes with the data set is cut down to
    `classes` (a run may use some of them only); one that is written out must fit exactly.

    Args:
        grouping: a name, or the classes of each family.
        known: the groupings that come with the data set, by name.
        classes: of the run.
        key: where in params.yaml `grouping` stands, for the messages.

    Raises:
        ParamsError: there is no grouping of that name; a class is unknown, listed twice, or in no family.
    """
    if grouping == "one":
        return {ONE: sorted(classes)}
    if isinstance(grouping, str):
        if grouping not in known:
            names = ", ".join(["one", *sorted(known)])
            raise ParamsError(f"{key}: the data set has no grouping {grouping!r}, expected one of {names}")
        cut = {family: [name for name in members if name in classes] for family, members in known[grouping].items()}
        families = {family: members for family, members in cut.items() if members}
    else:
        # A name is compared as it looks, here as in the table.
        families = {
            family: [unicodedata.normalize("NFC", tidy(name)) for name in members]
            for family, members in grouping.items()
        }
    _check(families, classes, key)
    return families


def _check(families: dict[str, list[str]], classes: Sequence[str], key: str) -> None:
    times = Counter(name for members in families.values() for name in members)
    unknown = sorted(set(times) - set(classes))
    if unknown:
        near = {other: f", which looks like {one!r}" for one, other in alike([*classes, *unknown])}
        told = ", ".join(f"{name!r}{near.get(name, '')}" for name in unknown)
        raise ParamsError(f"{key}: unknown class {told}, expected of {', '.join(classes)}")
    twice = sorted(name for name, n in times.items() if n > 1)
    if twice:
        told = ", ".join(f"class {name!r} is listed {times[name]} times" for name in twice)
        raise ParamsError(f"{key}: {told}, expected once")
    missing = sorted(set(classes) - set(times))
    if missing:
        raise ParamsError(f"{key}: in no family: {', '.join(missing)}; put each class into a family")
