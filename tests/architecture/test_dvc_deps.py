"""Every stage in dvc.yaml depends on each module it can load: stale dependencies are DVC's quietest failure."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.files.dependencies import closure
from pipeline.params.training import Judges

from ..conftest import dvc_stages

JUDGES = ["judge@network", "judge@linear"]
MEMBERS = ["self_train@one", "self_train@two"]
STAGES = [
    "prepare",
    "spectrograms",
    "audit",
    "autoencoder",
    *JUDGES,
    "spread",
    *MEMBERS,
    "ensemble",
    "project",
    "report",
]
# The linear judge takes seconds, so it may run again for what only the network is made of; not the other way round.
MAY_RUN_FOR_NOTHING = {"judge@linear"}


@pytest.fixture(scope="module")
def stages(root: Path) -> dict[str, Any]:
    return dvc_stages(root)


def loaded(root: Path, name: str) -> set[str]:
    """Return the project's modules that the script of a stage can load; a judge is loaded by its name."""
    script, _, judge = name.partition("@") if name in JUDGES else (name.partition("@")[0], "", "")
    entries = [root / "stages" / f"{script}.py"] + [root / "pipeline" / "judges" / judge / "ask.py"] * bool(judge)
    return {str(path.relative_to(root)) for entry in entries for path in closure(entry, root)}


def test_the_stages_are_those_of_the_design(stages: dict[str, Any]) -> None:
    assert list(stages) == STAGES


def test_the_judges_are_those_of_the_params_and_each_has_a_folder(root: Path) -> None:
    assert [f"judge@{name}" for name in Judges.model_fields] == JUDGES
    assert all((root / "pipeline" / "judges" / name / "ask.py").is_file() for name in Judges.model_fields)


@pytest.mark.parametrize("name", STAGES)
def test_deps_are_exactly_the_modules_that_the_script_can_load(root: Path, stages: dict[str, Any], name: str) -> None:
    wanted = loaded(root, name)
    listed = {dep for dep in stages[name]["deps"] if dep.split("/")[0] in ("pipeline", "stages")}
    missing = {path for path in wanted if not any(path == dep or path.startswith(f"{dep}/") for dep in listed)}
    surplus = {dep for dep in listed if not any(path == dep or path.startswith(f"{dep}/") for path in wanted)}
    surplus = set() if name in MAY_RUN_FOR_NOTHING else surplus
    assert (missing, surplus) == (set(), set()), f"dvc.yaml, stage {name}: add the first, remove the second"


@pytest.mark.parametrize(
    ("name", "never"),
    [
        ("prepare", ["networks", "audio/decoding", "plugins/features", "corrections", "results"]),
        ("autoencoder", ["plugins/models", "plugins/datasets", "spreading", "labels", "judges", "corrections"]),
        ("judge@network", ["spreading", "labels", "posterior", "judges/linear", "corrections", "latents", "results"]),
        ("spread", ["plugins", "networks", "results", "reporting", "members", "judges"]),
        ("self_train", ["corrections", "labels", "spreading", "posterior", "judges", "results", "plugins/datasets"]),
        ("ensemble", ["corrections", "labels", "networks", "results", "ensemble/tagging"]),
        ("report", ["labels", "spreading", "posterior", "networks", "judges", "plugins/models"]),
        ("summary", ["reporting/figures"]),
    ],
)
def test_a_stage_does_not_run_again_for_what_it_does_not_mean(root: Path, name: str, never: list[str]) -> None:
    """Not for another kernel, another message of a review, another colour, another data set's code."""
    found = {path.removeprefix("pipeline/") for path in loaded(root, name)}
    assert [
        path for path in sorted(found) if any(path.startswith(f"{place}/") or path == f"{place}.py" for place in never)
    ] == []


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
    text = (root / "stages" / f"{name.partition('@')[0]}.py").read_text(encoding="utf-8")
    read = set(re.findall(r"(?<![\w.])params\.([a-z_]+)", text)) - {"compute"}
    # prepare only refuses a grouping that cannot be: what it writes does not depend on it.
    read -= {"spread"} if name == "prepare" else set()
    listed = {str(entry).split(".")[0] for entry in stages[name]["params"]}
    assert read <= listed
