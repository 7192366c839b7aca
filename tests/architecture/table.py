"""The table of CONTRIBUTING.md that says what each stage depends on, from dvc.yaml.

Run it after a change of dvc.yaml: python -m tests.architecture.table
"""

from pathlib import Path
from typing import Any

from tests.conftest import ROOT, dvc_stages

PAGE = ROOT / "CONTRIBUTING.md"
HEADING = "| stage | runs again for | and for the code in `pipeline/` |"
# What every stage needs to start at all.
COMMON = {"files", "params", "__init__.py", "errors.py", "seeding.py", "settings.py"}


def rows(stages: dict[str, Any]) -> list[str]:
    """Return a line a stage: its data and params, and its own code."""
    found = [f"| `{_shown(name)}` | {_data(stage)} | {_code(stage)} |" for name, stage in stages.items()]
    return list(dict.fromkeys(found))


def _shown(name: str) -> str:
    """Return the name of a stage; of one that is made for each member, whatever the members are called."""
    return "self_train@NAME" if name.startswith("self_train@") else name


def _data(stage: dict[str, Any]) -> str:
    data = [dep.removeprefix("data/") for dep in stage["deps"] if dep.startswith("data/")]
    params = ["members.NAME" if str(key).startswith("members.") else str(key) for key in stage["params"]]
    return f"{', '.join(data) or 'the sounds'}; settings {', '.join(params)}"


def _code(stage: dict[str, Any]) -> str:
    code = [dep.removeprefix("pipeline/") for dep in stage["deps"] if dep.startswith("pipeline/")]
    return ", ".join(path for path in code if path not in COMMON)


def filled(text: str, stages: dict[str, Any]) -> str:
    """Return the page with the table as dvc.yaml has it."""
    lines = text.split("\n")
    at = lines.index(HEADING)
    end = at
    while lines[end].startswith("|"):
        end += 1
    return "\n".join([*lines[: at + 2], *rows(stages), *lines[end:]])


def main(page: Path = PAGE) -> None:
    """Rewrite the table."""
    page.write_text(filled(page.read_text(encoding="utf-8"), dvc_stages(ROOT)), encoding="utf-8")


if __name__ == "__main__":
    main()
