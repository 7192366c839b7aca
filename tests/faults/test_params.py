"""Settings that cannot be meant: refused by the key, before anything is read."""

from typing import Any

import pytest

from pipeline.errors import ParamsError
from pipeline.params import registry
from pipeline.params.schema import Params, load_params
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


def unbounded(schema: Any, where: str = "") -> list[str]:
    """The numbers of a JSON schema that lack a bound, or whose bounds are beyond all measure."""
    if isinstance(schema, list):
        return [found for one in schema for found in unbounded(one, where)]
    if not isinstance(schema, dict):
        return []
    found = [name for key, one in schema.items() for name in unbounded(one, f"{where}.{key}")]
    if schema.get("type") in ("integer", "number"):
        high = next((schema[key] for key in ("maximum", "exclusiveMaximum", "le", "lt") if key in schema), None)
        low = next((schema[key] for key in ("minimum", "exclusiveMinimum", "ge", "gt") if key in schema), None)
        if high is None or high > 2**32 or (low is None and "frames" not in where):
            found.append(where)
    return found


@pytest.mark.fault(74)
def test_every_number_of_the_settings_has_bounds():
    assert unbounded(Params.model_json_schema()) == []


@pytest.mark.fault(74)
@pytest.mark.parametrize("kind", registry.FUNCTIONS)
def test_every_number_of_a_plugin_has_bounds(kind: str):
    assert [
        found
        for name in registry.names(kind)
        for found in unbounded(registry.settings_model(kind, name).model_json_schema(), name)
    ] == []


@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("sr: 22050", "sr: 1000000000000", "features.sr"),
        ("sr: 22050", "max_seconds: 1e15, sr: 22050", "features.max_seconds"),
        ("sr: 22050", "max_seconds: .inf, sr: 22050", "features.max_seconds"),
        ("n_fft: 1024", f"n_fft: {2**40}", "features.n_fft"),
        ("n_mels: 64", "n_mels: 10000000", "features.n_mels"),
        ("seed: 2018", "seed: true", "seed"),
        ("seed: 2018", "seed: '2018'", "seed"),
        ("seed: 2018", "seed: 1" + "0" * 4000, "seed"),
        ("seed: 2018", "seed: 0x" + "f" * 5000, "seed"),
        ("seed: 2018", "seed: 4294967296", "seed"),
        ("folds: 4", "folds: true", "folds"),
        ("epochs: 30", "epochs: 1000000000000", "autoencoder.epochs"),
        ("epochs: 30", "epochs: true", "autoencoder.epochs"),
        ("batch_size: 32", "batch_size: 1e300", "autoencoder.training.batch_size"),
        ("learning_rate: 0.002", "learning_rate: 1e30", "training.learning_rate"),
        ("learning_rate: 0.002", "learning_rate: true", "training.learning_rate"),
        ("jobs: -1", "jobs: 1000000000", "compute.jobs"),
        ("jobs: -1", "jobs: true", "compute.jobs"),
        ("threads: 2", "threads: 100000", "compute.threads"),
        ("width: 16", "width: 100000000", "network.width"),
    ],
)
def test_a_number_beyond_all_measure_is_refused_by_its_key(tmp_path, old: str, new: str, key: str):
    path = tmp_path / "params.yaml"
    path.write_text(changed(old, new), encoding="utf-8")
    with pytest.raises(ParamsError, match=rf"params\.yaml: {key}: ") as caught:
        load_params(path)
    assert len(str(caught.value)) < 2000
