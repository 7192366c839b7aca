"""`earmark preset`: what it lists, what it writes, and what it leaves alone."""

import sys
from pathlib import Path

import pytest

from pipeline.params.schema import load_params
from pipeline.presets import catalogue
from stages import cli


@pytest.fixture
def earmark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run the command in an empty folder; return its exit code or message, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["earmark", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code, capsys.readouterr().out

    return run


def test_without_a_name_each_preset_has_a_line(earmark) -> None:
    code, said = earmark("preset")
    assert code == 0
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == catalogue.names()
    assert all(line.endswith(catalogue.description(line.split()[0])[0]) for line in lines)


@pytest.mark.parametrize("name", catalogue.names())
def test_with_a_name_the_whole_file_is_written(earmark, tmp_path: Path, name: str) -> None:
    assert earmark("preset", name)[0] == 0
    assert load_params(tmp_path / "params.yaml") == catalogue.params(name)
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert earmark("preset", name, "--out", "-") == (0, text)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params.yaml"]


def test_a_file_with_other_contents_is_left_alone_unless_one_insists(earmark, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1  # mine\n", encoding="utf-8")
    code, _ = earmark("preset", "esc10")
    assert str(code).startswith("error: params.yaml: there already and not the preset esc10")
    assert path.read_text(encoding="utf-8") == "seed: 1  # mine\n"
    assert earmark("preset", "esc10", "--out", "other.yaml")[0] == 0
    assert path.read_text(encoding="utf-8") == "seed: 1  # mine\n"
    assert earmark("preset", "esc10", "--force")[0] == 0
    assert load_params(path) == catalogue.params("esc10")
    # The same contents once more are no other contents.
    assert earmark("preset", "esc10")[0] == 0


@pytest.mark.parametrize("taken", ["folder", "link to nowhere"])
def test_what_is_no_file_is_not_replaced(earmark, tmp_path: Path, taken: str) -> None:
    path = tmp_path / "params.yaml"
    path.mkdir() if taken == "folder" else path.symlink_to(tmp_path / "nowhere")
    code, _ = earmark("preset", "demo", "--force")
    assert str(code).startswith("error: params.yaml: ")
    assert path.is_dir() if taken == "folder" else path.is_symlink()


def test_a_preset_that_is_not_there_writes_nothing(earmark, tmp_path: Path) -> None:
    code, _ = earmark("preset", "dmo")
    assert "there is no 'dmo'" in str(code)
    assert "did you mean 'demo'?" in str(code)
    assert not list(tmp_path.iterdir())
