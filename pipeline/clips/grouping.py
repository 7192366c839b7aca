"""Groups of classes, by the name of a data set's grouping or written out in params.yaml."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.errors import ParamsError

ONE = "all"


def resolve(
    grouping: str | Mapping[str, Sequence[str]],
    known: Mapping[str, Mapping[str, Sequence[str]]],
    classes: Sequence[str],
    key: str,
) -> dict[str, list[str]]:
    """Return `{group: classes}`, each of `classes` in exactly one group.

    `one` is a single group, `all`, whatever the data set. A grouping that comes with the data set is cut down to
    `classes` (a run may use some of them only); one that is written out must fit exactly.

    Args:
        grouping: a name, or the classes of each group.
        known: the groupings that come with the data set, by name.
        classes: of the run.
        key: where in params.yaml `grouping` stands, for the messages.

    Raises:
        ParamsError: there is no grouping of that name; a class is unknown, listed twice, or in no group.
    """
    if grouping == "one":
        return {ONE: sorted(classes)}
    if isinstance(grouping, str):
        if grouping not in known:
            names = ", ".join(["one", *sorted(known)])
            raise ParamsError(f"{key}: the data set has no grouping {grouping!r}, expected one of {names}")
        cut = {group: [name for name in members if name in classes] for group, members in known[grouping].items()}
        groups = {group: members for group, members in cut.items() if members}
    else:
        groups = {group: list(members) for group, members in grouping.items()}
    _check(groups, classes, key)
    return groups


def _check(groups: dict[str, list[str]], classes: Sequence[str], key: str) -> None:
    times = Counter(name for members in groups.values() for name in members)
    unknown = sorted(set(times) - set(classes))
    if unknown:
        raise ParamsError(f"{key}: unknown class {unknown[0]!r}, expected of {', '.join(classes)}")
    twice = sorted(name for name, n in times.items() if n > 1)
    if twice:
        raise ParamsError(f"{key}: class {twice[0]!r} is listed {times[twice[0]]} times, expected once")
    missing = sorted(set(classes) - set(times))
    if missing:
        raise ParamsError(f"{key}: in no group: {', '.join(missing)}; put each class into a group")
