"""The stages `report` and `summary`: what they replace, what they leave, what they say."""

from argparse import Namespace

import pytest

from pipeline.errors import ArtifactError
from stages import report, summary


def test_report_replaces_its_folder_as_a_whole_and_summary_sums_it_up(make_run, tmp_path, capsys):
    made, out = make_run(n=48), tmp_path / "reports"
    out.mkdir()
    (out / ".gitignore").write_text("/index.html\n")
    (out / "stale.png").write_text("of an earlier run")
    report.work(made.params, Namespace(**made.at, out=out))
    assert str(out / "index.html") in capsys.readouterr().out
    assert (out / "index.html").is_file()
    assert (out / "explorer" / "data.js").is_file()
    assert (out / ".gitignore").read_text() == "/index.html\n"
    assert not (out / "stale.png").exists()
    summary.work(made.params, Namespace(report=out))
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [*["problem"] * 9, "promoted", "ensemble", "report"]
    assert "problem   cut off at full scale: 2" in said
    assert said[-1].endswith(str(out / "index.html"))


def test_a_report_that_fails_leaves_the_earlier_one(make_run, tmp_path):
    made, out = make_run(n=48), tmp_path / "reports"
    out.mkdir()
    (out / "index.html").write_text("earlier")
    (made.root / "ensemble" / "probs.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(ArtifactError, match=r"probs\.npy"):
        report.work(made.params, Namespace(**made.at, out=out))
    assert [path.name for path in out.iterdir()] == ["index.html"]
    assert (out / "index.html").read_text() == "earlier"


def test_summary_without_a_report_says_what_to_run(make_run, tmp_path):
    with pytest.raises(ArtifactError, match=r"metrics\.json: missing; run `dvc repro`"):
        summary.work(make_run(n=8).params, Namespace(report=tmp_path))
