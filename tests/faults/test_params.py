"""Settings that cannot be meant: refused by the key, before anything is read."""

import pytest

from pipeline.params.schema import load_params
from pipeline.presets import catalogue, layout
from tests.faults.conftest import Project

PRESET = layout.text(catalogue.settings("demo"), [])
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
        pytest.param(changed("epochs: 30", "epoch: 30"), "autoencoder.epoch: unknown key", id="unknown"),
        pytest.param(PRESET + "seed: 1\n", 'duplicate key "seed"', id="repeated"),
        pytest.param(
            changed("batch_size: 32,", "batch_size: 32, batch_size: 31,"),
            'duplicate key "batch_size"',
            id="repeated within",
        ),
        pytest.param(changed("learning_rate: 0.002", "learning_rate: .nan"), "training.learning_rate: ", id="NaN"),
        pytest.param(changed("epochs: 30", "epochs: -30"), "autoencoder.epochs: ", id="negative"),
        pytest.param(changed("epochs: 30", "epochs: 1" + "0" * 5000), "not valid YAML", id="beyond all numbers"),
        pytest.param(changed("upper: 1.0", "upper: 1.5"), "self_train.rounds.thresholds.upper: ", id="above one"),
        pytest.param(changed("hidden_verified: 0.1", "hidden_verified: .inf"), "hidden_verified: ", id="infinite"),
        pytest.param(PRESET + LAUGHS, "aliases", id="aliases that explode"),
        pytest.param(LAUGHS + "? *a11\n: 1\n", "aliases", id="a key that explodes"),
        pytest.param(changed("seed: 2018", "seed: &a [*a]"), "aliases", id="an alias of itself"),
        pytest.param("a: " + "[" * 500 + "]" * 500, "nested too deeply", id="deep"),
        pytest.param(changed("self_train:", "self_train: 3\nrest:"), "self_train: ", id="a number for a section"),
        pytest.param(PRESET + "a: !!python/object/apply:os.system ['true']\n", "not valid YAML", id="code"),
        pytest.param(changed("  two: {", "  ONE: {"), "members: ONE, one differ by case", id="folders of one name"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_its_key(project: Project, monkeypatch, text, key):
    project.command("prepare")
    (project.folder / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(Project, "command", lambda *_: ["-m", "stages.prepare", "--raw", "raw", "--listed", "listed"])
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
