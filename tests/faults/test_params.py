"""Settings that cannot be meant: refused by the key, before anything is read."""

import pytest

from pipeline.params.schema import load_params
from tests.faults.conftest import ROOT, Project

PRESET = (ROOT / "presets" / "demo.yaml").read_text(encoding="utf-8")
LAUGHS = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


def changed(old: str, new: str) -> str:
    assert old in PRESET
    return PRESET.replace(old, new, 1)


@pytest.mark.fault(28)
@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param(changed("epochs: 30", "epoch: 30"), "autoencoder.fit.epoch: unknown key", id="unknown"),
        pytest.param(PRESET + "seed: 1\n", 'duplicate key "seed"', id="repeated"),
        pytest.param(changed("epochs: 30,", "epochs: 30, epochs: 31,"), 'duplicate key "epochs"', id="repeated within"),
        pytest.param(changed("learning_rate: 0.002", "learning_rate: .nan"), "fit.learning_rate: ", id="NaN"),
        pytest.param(changed("epochs: 30", "epochs: -30"), "autoencoder.fit.epochs: ", id="negative"),
        pytest.param(changed("epochs: 30", "epochs: 1" + "0" * 5000), "not valid YAML", id="beyond all numbers"),
        pytest.param(changed("upper: 1.0", "upper: 1.5"), "self_train.selection.upper: ", id="above one"),
        pytest.param(changed("max_quarantined: 0.05", "max_quarantined: .inf"), "max_quarantined: ", id="infinite"),
        pytest.param(PRESET + LAUGHS, "aliases", id="aliases that explode"),
        pytest.param(LAUGHS + "? *a11\n: 1\n", "aliases", id="a key that explodes"),
        pytest.param(changed("seed: 2018", "seed: &a [*a]"), "aliases", id="an alias of itself"),
        pytest.param("a: " + "[" * 500 + "]" * 500, "nested too deeply", id="deep"),
        pytest.param(changed("self_train:\n", "self_train: 3\nrest:\n"), "self_train: ", id="a number for a section"),
        pytest.param(PRESET + "a: !!python/object/apply:os.system ['true']\n", "not valid YAML", id="code"),
        pytest.param(changed("[small, second]", "[small, SMALL]"), "ensemble.members: ", id="folders of one name"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_its_key(project: Project, monkeypatch, text, key):
    project.command("prepare")
    (project.folder / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(Project, "command", lambda *_: ["-m", "stages.prepare", "--raw", "raw", "--clips", "clips"])
    words = project.refused("prepare")
    assert words.startswith("params.yaml: ")
    assert key in words
    assert len(words) < 2000
    assert not (project.folder / "clips").exists()


@pytest.mark.fault(28)
def test_an_alias_that_means_what_it_says_is_read(project: Project):
    text = changed("label_smoothing: 0.02", "label_smoothing: &little 0.03").replace(
        "strength: 0.03", "strength: *little"
    )
    (project.folder / "params.yaml").write_text(text, encoding="utf-8")
    assert load_params(project.folder / "params.yaml").judges.linear.strength == 0.03
