"""What is written of a proposal: clips.csv, and two places of params.yaml; all else in that file stays, as it is."""

import csv
import io
import os
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from pipeline.errors import DataError, EarmarkError, ParamsError
from pipeline.files.publishing import publish
from pipeline.intake.proposal import Proposal
from pipeline.params import registry, schema, yaml_file
from pipeline.presets import catalogue, layout

ROOT = "data/sounds"
TABLE = str(registry.settings_model("datasets", "csv").model_fields["table"].default)
_OPTIONAL = ("split", "group", "licence", "uploader")


def table(made: Proposal) -> str:
    """Return clips.csv: a row a clip; columns of which nothing is known are left out."""
    columns = ["path", "label", "verified", *(name for name in _OPTIONAL if any(getattr(c, name) for c in made.clips))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for clip in made.clips:
        cells = [getattr(clip, name) for name in columns]
        writer.writerow([str(int(cell)) if isinstance(cell, bool) else cell for cell in cells])
    return text.getvalue()


def dataset(made: Proposal, folder: Path) -> dict[str, Any]:
    """Return the section `dataset` of params.yaml; a folder within data/sounds needs no other place for its sounds."""
    section: dict[str, Any] = {"name": "csv", "root": ROOT, "table": TABLE}
    if folder.resolve() != Path(ROOT).resolve():
        section["audio"] = Path(os.path.normpath(folder)).as_posix()
    if made.test_fraction is not None:
        section["test_fraction"] = made.test_fraction
    return section


def params(text: str, path: Path, made: Proposal, section: dict[str, Any]) -> str:
    """Return the text of a params file with another section `dataset` and another `spread.grouping`.

    Raises:
        ParamsError: it is no params file, before or after.
    """
    grouping: Any = made.families or "one"
    after = _replaced(text, path, ("dataset",), layout.section("dataset", section))
    after = _replaced(after, path, ("spread", "grouping"), f"grouping: {layout.flowing(grouping)}")
    with publish(path.with_name(f".{path.name}.new")) as temporary:
        temporary.write_text(after, encoding="utf-8")
        data = yaml_file.parse(temporary)
        temporary.unlink()
        schema.check(path, data)
        temporary.touch()
    path.with_name(f".{path.name}.new").unlink()
    return after


def _replaced(text: str, path: Path, keys: tuple[str, ...], new: str) -> str:
    """Return `text` with the key that `keys` lead to, and its value, replaced by `new`."""
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    for depth, key in enumerate(keys):
        pairs = node.value if isinstance(node, MappingNode) else []
        found = next(((name, value) for name, value in pairs if name.value == key), None)
        if found is None:
            raise ParamsError(
                f"{path}: {'.'.join(keys[: depth + 1])}: missing; add it, or `earmark preset csv` writes a file"
            )
        name, node = found
        start, end = name.start_mark.index, _end(found[1])
    if len(keys) == 1:  # a section has its lines to itself, and comments at their ends are of what was there
        end = text.find("\n", end) if "\n" in text[end:] else len(text)
    return text[:start] + new + text[end:]


def _end(node: Node) -> int:
    """Return where the last character of a value is: of a block, that of what stands last in it."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _is_it(made: Proposal, section: dict[str, Any]) -> bool:
    """Whether labels come from the very table that would be written, and a run can read it: then it stays as it is."""
    if made.source != TABLE or made.found.root != Path(ROOT).resolve():
        return False
    settings = {key: value for key, value in section.items() if key not in ("name", "root")}
    try:
        (made.found.root / TABLE).read_bytes().decode()
        registry.function("datasets", "csv")(made.found.root, made.found.root, seed=0, **settings)
    except (EarmarkError, UnicodeDecodeError):
        return False
    return True


def write(made: Proposal, folder: Path, path: Path, *, force: bool) -> list[str]:
    """Write clips.csv and params.yaml, and return what was done, in lines.

    What somebody else wrote is not replaced without `force`; a section `dataset` as a preset has it is nobody's.

    Raises:
        DataError, ParamsError: there is another clips.csv, or another section `dataset`; nothing was written.
    """
    section, clips = dataset(made, folder), Path(ROOT, TABLE)
    old = path.read_text(encoding="utf-8") if path.exists() else layout.text(catalogue.settings("csv"), [])
    before = yaml_file.parse(path).get("dataset") if path.exists() else None
    new = params(old, path, made, section)
    presets = [catalogue.settings(name)["dataset"] for name in catalogue.names()]
    there = clips.read_bytes() if clips.exists() else None
    text = there.decode() if there is not None and _is_it(made, section) else table(made)
    if there not in (None, text.encode()) and not force:
        raise DataError(
            f"{clips}: there already and not what would be written, so it was left as it is; --force replaces it"
        )
    if before not in (None, section, *presets) and not force:
        raise ParamsError(
            f"{path}: dataset: found neither the section that would be written nor that of a preset, so nothing was "
            "written; --force replaces it"
        )
    done = []
    for target, wanted, known in ((clips, text, there), (path, new, path.read_bytes() if path.exists() else None)):
        if known != wanted.encode():
            with publish(target) as temporary:
                temporary.write_text(wanted, encoding="utf-8", newline="")
            changed = "replaced" if target == clips else "dataset and spread.grouping set, all else as it was"
            done.append(f"{target}: {'written' if known is None else changed}")
    return done
