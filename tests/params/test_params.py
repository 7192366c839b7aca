"""params.yaml: what is accepted, and what the refusals say."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.errors import ParamsError
from pipeline.params.schema import load_params, overlay


def changed(root: Path, tmp_path: Path, dotted: str, value: Any) -> Path:
    """Write the default params with one key changed."""
    data = YAML(typ="safe").load(root / "presets" / "demo.yaml")
    *path, last = dotted.split(".")
    section = data
    for key in path:
        section = section[key]
    section[last] = value
    target = tmp_path / "params.yaml"
    YAML().dump(data, target)
    return target


def test_the_defaults_load_and_members_lie_over_self_train(root: Path) -> None:
    params = load_params(root / "presets" / "demo.yaml")
    for name in params.ensemble.members:
        assert params.members[name].rounds == params.self_train["rounds"], name
    report = params.members["report"]
    assert (report.rounds, report.selection.rule) == (3, "predicted")
    assert report.selection.lower == params.self_train["selection"]["lower"]
    assert params.dataset.settings["clips"] == 720


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("sed", 1, "sed: unknown key"),
        ("seed", -1, "seed: "),
        ("dataset.name", "demoo", "did you mean 'demo'"),
        ("dataset.clip", 3, "dataset.clip: not a setting of demo, which takes: clips"),
        ("dataset.clips", 0, "dataset.clips: "),
        ("features.kind", "mell", "did you mean 'mel'"),
        ("features.mel.n_mel", 3, "features.mel.n_mel: not a setting of mel"),
        ("features.wavelet", {}, "there is no 'wavelet'"),
        ("features.max_quarantined", 1.5, "features.max_quarantined: "),
        ("self_train.selection.lower", [0.3, 1.2], "self_train.selection.lower.1: "),
        ("self_train.rouds", 3, "self_train.rouds: unknown key"),
        ("members.small.rouds", 3, "members.small.rouds: unknown key"),
        ("members.small", 3, "members.small: "),
        ("features.3", {}, "there is no '3'"),
        ("self_train.selection.upper", 0.4, "must not be above the upper bound"),
        ("self_train.fit.epochs", -3, "fit.epochs: "),
        ("self_train.fit.learning_rate", float("nan"), "fit.learning_rate: "),
        ("members.report.fold", 7, "members.report.fold: 7 does not exist, folds are 0 to 3"),
        ("members.small.start", -1, "members.small.start: "),
        ("members.small.start", 4, "members.small.start: 4 does not exist, folds are 0 to 3"),
        ("members.small.fold", 0, "members.small: fold: 0 validates on clips that the judges have heard"),
        ("members.report.start", 0, "members.report: fold: 0 validates on clips that the judges have heard"),
        ("members.second.model.width", 8, "members.second.start: 1 goes on from the weights of a judge, so the"),
        (
            "judges.network.model.depth",
            3,
            "members.small.start: 0 goes on from the weights of a judge, so",
        ),
        ("spread.source", "latents", "members.small.start: 0 goes on from a judge, but spread.source: latents asks"),
        (
            "judges.network.patches.frames",
            32,
            "members.small.start: 0 goes on from a judge, so the member's",
        ),
        ("self_train.patches.mode", "resize", "members.small.start: 0 goes on from a judge, so the member's patches"),
        ("judges.network.fit.patience", 6, "judges.network: ema and fit.patience exclude each other"),
        ("autoencoder.model.name", "vgg_small", "autoencoders: there is no 'vgg_small', there are conv"),
        ("members.small.model.name", "conv", "models: there is no 'conv'"),
        ("judges.network.model.name", "conv", "models: there is no 'conv'"),
        ("spread.grouping", "three", "spread.grouping: demo has no grouping 'three', expected one of one, two"),
        ("spread.grouping", {"a": ["Bell", "Rain"], "b": ["Bell"]}, "class 'Bell' is listed more than once"),
        (
            "dataset.simulate_noise",
            {"verified_fraction": 0.5, "rate": 0.5, "grouping": "five"},
            "dataset.simulate_noise.grouping: demo has no grouping 'five'",
        ),
        ("self_train.augment.mixup.alpha", 0, "augment.mixup.alpha: "),
        ("members.small.model.widht", 3, "members.small.model.widht: not a setting of vgg_small"),
        ("members.small.model.name", "vgg", "there is no 'vgg'"),
        ("members.small.model.name", "cnn1d", "takes features of kind waveform"),
        ("members.a b", {}, "members.a b"),
        ("ensemble.members", ["small", "smal"], "smal not described under members"),
        ("ensemble.members", ["small", "small"], "more than once: small"),
        ("ensemble.method", "harmonic", "ensemble.method: "),
        ("spread.gamma", "automatic", "spread.gamma"),
        ("spread.alpha", 1.0, "spread.alpha: "),
        ("compute.jobs", 0, "compute.jobs: "),
        ("compute.threads", 0, "compute.threads: "),
        ("project.methods", ["pca"], "there is no 'pca'"),
    ],
)
def test_a_wrong_key_or_value_is_named(root: Path, tmp_path: Path, key: str, value: Any, says: str) -> None:
    if key.startswith("members.small.model.name") and value == "cnn1d":
        path = changed(root, tmp_path, "members.small.model", {"name": "cnn1d"})
    else:
        path = changed(root, tmp_path, key, value)
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed: 1\nseed: 2\n", "duplicate key"),
        ("seed: [1\n", "not valid YAML"),
        ("- 1\n", "expected a mapping"),
        ("", "expected a mapping"),
        ("x: " + "a" * 1_000_001, "at most"),
        ("a: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
    ],
)
def test_what_is_no_params_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError, match=says):
        load_params(path)


def test_a_mistake_in_self_train_is_said_once_though_every_member_has_it(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ParamsError) as caught:
        load_params(changed(root, tmp_path, "self_train.rounds", 0))
    assert len(str(caught.value).splitlines()) == 1


def test_every_key_that_dvc_asks_for_by_name_has_to_be_there(root: Path, tmp_path: Path) -> None:
    """DVC fails in its own words on a params file that lacks a key named in dvc.yaml: ours must refuse it first."""
    named = {"dataset.name", "dataset.root", "ensemble.members"}
    for stage in YAML(typ="safe").load(root / "dvc.yaml")["stages"].values():
        named |= {str(key) for key in stage.get("do", stage)["params"] if "$" not in str(key) and "." in str(key)}
    for dotted in sorted(named):
        data = YAML(typ="safe").load(root / "presets" / "demo.yaml")
        section, key = dotted.split(".")
        del data[section][key]
        YAML().dump(data, tmp_path / "params.yaml")
        with pytest.raises(ParamsError, match="missing"):
            load_params(tmp_path / "params.yaml")


def test_a_missing_file_and_a_wrong_encoding_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="cannot be read"):
        load_params(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("titel: Gerät\n".encode("latin-1"))
    with pytest.raises(ParamsError, match="not UTF-8"):
        load_params(tmp_path / "latin.yaml")


def test_numbers_are_read_as_dvc_reads_them(root: Path, tmp_path: Path) -> None:
    text = (root / "presets" / "demo.yaml").read_text().replace("learning_rate: 0.002", "learning_rate: 1e-3")
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert load_params(path).autoencoder.fit.learning_rate == 1e-3


def test_a_judge_that_validates_on_no_clip_has_no_patience(root: Path, tmp_path: Path) -> None:
    data = YAML(typ="safe").load(root / "presets" / "demo.yaml")
    data["judges"]["network"] |= {"ema": None, "fit": data["judges"]["network"]["fit"] | {"patience": 6}}
    YAML().dump(data, tmp_path / "params.yaml")
    with pytest.raises(ParamsError, match=r"judges.network: judges validate on no clip, so fit\.patience must be null"):
        load_params(tmp_path / "params.yaml")


def test_overlay_goes_into_mappings_but_replaces_a_model_whole() -> None:
    base = {"fit": {"epochs": 3, "rate": 1}, "model": {"name": "a", "width": 2}, "augment": {"mixup": {}}}
    own = {"fit": {"epochs": 5}, "model": {"name": "b"}, "augment": {}}
    assert overlay(base, own) == {"fit": {"epochs": 5, "rate": 1}, "model": {"name": "b"}, "augment": {}}


def test_a_file_of_the_earlier_form_is_refused_with_each_new_key(root: Path, tmp_path: Path) -> None:
    data = YAML(typ="safe").load(root / "presets" / "demo.yaml")
    judges = data.pop("judges")
    data["judge"] = judges["network"] | {"linear": 0.03}
    data["autoencoder"]["model"]["name"] = "autoencoder"
    path = tmp_path / "params.yaml"
    YAML().dump(data, path)
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert str(caught.value).splitlines() == [
        f"{path}: judge.linear: is called judges.linear.strength now; move it there",
        f"{path}: judge: is called judges.network now; move it there",
        f"{path}: autoencoder.model.name: autoencoder is called conv now; write that",
    ]
