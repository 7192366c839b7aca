"""Every stage in dvc.yaml depends on each module it can load: stale dependencies are DVC's quietest failure."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.files.fingerprint import closure

STAGES = ["prepare", "spectrograms", "autoencoder", "judge", "spread", "self_train", "ensemble", "project", "report"]


@pytest.fixture(scope="module")
def stages(root: Path) -> dict[str, Any]:
    return YAML(typ="safe").load(root / "dvc.yaml")["stages"]


def test_the_stages_are_those_of_the_design(stages: dict[str, Any]) -> None:
    assert list(stages) == STAGES


@pytest.mark.parametrize("name", STAGES)
def test_deps_are_exactly_the_modules_that_the_script_can_load(root: Path, stages: dict[str, Any], name: str) -> None:
    wanted = {str(path.relative_to(root)) for path in closure(root / "stages" / f"{name}.py", root)}
    listed = {dep for dep in stages[name]["deps"] if dep.split("/")[0] in ("pipeline", "stages")}
    missing = {path for path in wanted if not any(path == dep or path.startswith(f"{dep}/") for dep in listed)}
    surplus = {dep for dep in listed if not any(path == dep or path.startswith(f"{dep}/") for path in wanted)}
    assert (missing, surplus) == (set(), set()), f"dvc.yaml, stage {name}: add the first, remove the second"


@pytest.mark.parametrize("name", STAGES)
def test_every_path_on_the_command_line_is_a_dep_or_an_out(stages: dict[str, Any], name: str) -> None:
    stage = stages[name]
    outs = [out if isinstance(out, str) else next(iter(out)) for out in stage["outs"]]
    known = [*stage["deps"], *outs]
    for path in re.findall(r" (data/\S+|reports)\b", stage["cmd"]):
        # checkpoints outlive a run that was cut off, so they are no out: DVC would delete them first
        assert path == "data/checkpoints" or any(k == path or k.startswith(f"{path}/") for k in known), path


@pytest.mark.parametrize("name", STAGES)
def test_the_params_that_a_script_reads_are_listed(root: Path, stages: dict[str, Any], name: str) -> None:
    text = (root / "stages" / f"{name}.py").read_text(encoding="utf-8")
    read = set(re.findall(r"(?<![\w.])params\.([a-z_]+)", text)) - {"compute"}
    read = {"self_train" if section == "members" and name == "self_train" else section for section in read}
    read -= {"members"} if name != "self_train" else set()
    # prepare only refuses a grouping that cannot be: what it writes does not depend on it.
    read -= {"spread"} if name == "prepare" else set()
    listed = {str(entry).split(".")[0] for entry in stages[name]["params"]}
    assert read <= listed
