"""params.yaml: what is accepted, and what the refusals say."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.errors import ParamsError
from pipeline.params import renamed
from pipeline.params.schema import load_params
from pipeline.presets import catalogue, layout

EARLIER = Path(__file__).parent / "earlier.yaml"


def changed(tmp_path: Path, changes: dict[str, Any]) -> Path:
    """Write the default params with some keys changed."""
    data = catalogue.settings("demo")
    for dotted, value in changes.items():
        *path, last = dotted.split(".")
        section = data
        for key in path:
            section = section[key]
        section[last] = value
    target = tmp_path / "params.yaml"
    YAML().dump(data, target)
    return target


def test_the_defaults_load_and_what_is_said_once_lies_beneath_what_is_said_of_one(tmp_path: Path) -> None:
    member = {"hold_out": 0, "rounds": {"number": 5}, "training": {"keep": {"best": 4}}, "network": {"width": 8}}
    params = load_params(changed(tmp_path, {"members.three": member}))
    assert params.dataset.settings["clips"] == 720
    one, three = params.members["one"], params.members["three"]
    assert one.network == params.network == params.judges.network.network
    assert one.training == params.training == params.self_train.training
    assert one.rounds == params.self_train.rounds
    assert (three.rounds.number, three.rounds.thresholds) == (5, one.rounds.thresholds)
    assert (three.training.keep.chosen, three.training.batch_size) == ("best", params.training.batch_size)
    assert three.network.settings == params.network.settings | {"width": 8}
    assert params.autoencoder.patches == params.patches


def test_a_member_has_network_and_patches_of_the_judge_that_it_goes_on_from(tmp_path: Path) -> None:
    own = {"epochs": 3, "network": {"width": 8}, "patches": {"crop": {"frames": 32}}}
    params = load_params(changed(tmp_path, {"judges.network": own, "members.two": {"hold_out": 1}}))
    one, two = params.members["one"], params.members["two"]
    assert one.network.settings["width"] == 8
    assert one.patches.frames == 32
    assert one.epochs == 8
    assert (two.network, two.patches) == (params.network, params.patches)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("sed", 1, "sed: unknown key"),
        ("seed", -1, "seed: "),
        ("dataset.name", "demoo", "did you mean 'demo'"),
        ("dataset.clip", 3, "dataset.clip: not a setting of demo, which takes: clips"),
        ("dataset.clips", 0, "dataset.clips: "),
        ("folds", 1, "folds: "),
        ("features.name", "mell", "did you mean 'mel'"),
        ("features.n_mel", 3, "features.n_mel: not a setting of mel"),
        ("features.max_quarantined", 1.5, "features.max_quarantined: "),
        ("patches", {"crop": {"frames": 0}}, "patches.crop.frames: "),
        ("patches", {"resize": {"frames": 64, "test_crops": 3}}, "patches.resize.test_crops: unknown key"),
        ("patches", {"crop": {"frames": 9}, "resize": {"frames": 9}}, "patches: expected one of crop, resize, found"),
        ("patches", "croop", "patches: there is no 'croop', there are crop, resize; did you mean 'crop'?"),
        ("patches", 64, "patches: expected one of crop, resize, or a mapping of one of them to its settings"),
        ("network.name", "vg", "there is no 'vg'"),
        ("network.widht", 3, "network.widht: not a setting of vgg"),
        ("network", {"name": "cnn1d"}, "members.one.network: cnn1d takes features waveform, but features.name is mel"),
        ("training.learning_rate", float("nan"), "training.learning_rate: "),
        ("training.augment.mixup.alpha", 0, "training.augment.mixup.alpha: "),
        ("training.augment.mixdown", {}, "there is no 'mixdown'"),
        ("training.augment.mixup", False, "training.augment.mixup: "),
        ("project.tsne", 0, "project.tsne: "),
        ("training.keep", {"average": 1.0}, "training.keep.average: "),
        ("training.keep", {"average": 0.9, "best": 3}, "training.keep: expected one of average, best, last, found"),
        ("training.keep", "average", "training.keep: average needs a value; write {average: ...}"),
        ("spread.grouping", {"a": []}, "spread.grouping: expected the name of a grouping, or {family"),
        ("spread.grouping", [1], "spread.grouping: expected the name of a grouping"),
        ("training.keep", {"best": 6}, "judges.network: judges hold out no clip, so training.keep must be"),
        ("training.doubtful", {"loss": {"gce": {"beta": 0.7}}}, "training.doubtful.loss.gce.beta: unknown key"),
        ("autoencoder.network.name", "vgg", "autoencoders: there is no 'vgg', there are conv"),
        ("judges.network.training", {"keep": {"best": 6}}, "judges.network: judges hold out no clip"),
        ("judges.network", None, "members.one.from_judge: 0 goes on from a judge, but judges.network: null asks none"),
        ("judges.linear.strength", 0, "judges.linear.strength: "),
        ("space.whiten", 0, "space.whiten: "),
        ("spread.grouping", "three", "spread.grouping: demo has no grouping 'three', expected one of one, two"),
        ("spread.grouping", {"a": ["Bell", "Rain"], "b": ["Bell"]}, "class 'Bell' is listed more than once"),
        ("spread.kernel", {"scaled_rbf": {"gamma": 1}}, "spread.kernel.scaled_rbf.gamma: unknown key"),
        ("spread.kernel", {"rbf": {}}, "spread.kernel.rbf.gamma: missing; add it"),
        ("spread.alpha", 1.0, "spread.alpha: "),
        ("labels.promote", {"agree": {"precision": 0.9}}, "labels.promote.agree.precision: unknown key"),
        ("self_train.rouds", 3, "self_train.rouds: unknown key"),
        ("self_train.epochs", -3, "self_train.epochs: "),
        ("self_train.rounds", 0, "self_train.rounds: expected 1, or a mapping with number, thresholds and select"),
        ("self_train.rounds.number", 1, "self_train.rounds: with one round, nothing that is selected is trained on"),
        ("self_train.rounds.thresholds.lower", [0.3, 1.2], "self_train.rounds.thresholds.lower.1: "),
        ("self_train.rounds.thresholds.upper", 0.4, "must not be above the upper bound"),
        ("self_train.rounds.select", {"soft": {"least": 1}}, "self_train.rounds.select.soft.least: unknown key"),
        ("members", {}, "members: "),
        ("members.one.rouds", 3, "members.one.rouds: unknown key"),
        ("members.one", 3, "members.one: "),
        ("members.one.from_judge", -1, "members.one.from_judge: "),
        ("members.one.from_judge", 4, "members.one.from_judge: 4 does not exist, folds are 0 to 3"),
        ("members.one", {"hold_out": 7}, "members.one.hold_out: 7 does not exist, folds are 0 to 3"),
        ("members.one.hold_out", 0, "members.one: hold_out: 0 validates on clips that the judges have heard"),
        (
            "members.one.network",
            {"width": 8},
            "members.one.network: members.one.from_judge: 0 brings the network of the judge",
        ),
        ("members.one.patches", {"crop": {"frames": 8}}, "from_judge: 0 brings the patches of the judge"),
        ("members.one.training", {"keep": {"best": 3}}, "members.one: training.keep: best needs clips that are held"),
        ("members.a b", {}, "members.a b"),
        ("members.ONE", {}, "members: ONE, one differ by case alone"),
        ("members.three", {"network": {"name": "conv"}}, "models: there is no 'conv'"),
        (
            "dataset.simulate_noise",
            {"verified_fraction": 0.5, "rate": 0.5, "kind": {"within_family": {"grouping": "five"}}},
            "dataset.simulate_noise.kind.within_family.grouping: demo has no grouping 'five'",
        ),
        (
            "dataset.simulate_noise",
            {"verified_fraction": 0.5, "rate": 0.5, "kind": {"symmetric": {"grouping": "two"}}},
            "dataset.simulate_noise.kind.symmetric.grouping: unknown key",
        ),
        ("ensemble.method", "harmonic", "ensemble.method: "),
        ("ensemble.method", "weighted", "ensemble.method: weighted weighs members by validation, but one, two"),
        ("compute.jobs", 0, "compute.jobs: "),
        ("compute.threads", 0, "compute.threads: "),
        ("project", {"pca": {}}, "there is no 'pca'"),
        ("project", {}, "project: lists no map"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, key: str, value: Any, says: str) -> None:
    path = changed(tmp_path, {key: value})
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_without_judges_and_without_spreading_nobody_could_say_anything(tmp_path: Path) -> None:
    members = {"one": {"hold_out": 0}}
    none = {"judges": {"network": None, "linear": None}, "members": members, "labels.open_set": False}
    assert load_params(changed(tmp_path, none)).labels.spreading
    with pytest.raises(ParamsError, match=r"labels\.spreading: false leaves no evidence"):
        load_params(changed(tmp_path, none | {"labels.spreading": False}))
    with pytest.raises(
        ParamsError, match=r"labels\.open_set: true tells sounds of no class by what judges\.network hears"
    ):
        load_params(changed(tmp_path, none | {"labels.open_set": True}))


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


@pytest.mark.parametrize("key", ["self_train.epochs", "training.batch_size", "network.width", "patches.crop.frames"])
def test_a_mistake_in_what_is_said_once_is_told_once_where_it_was_written(tmp_path: Path, key: str) -> None:
    with pytest.raises(ParamsError) as caught:
        load_params(changed(tmp_path, {key: 0}))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path / 'params.yaml'}: {key}: ")


def test_every_key_that_dvc_asks_for_by_name_has_to_be_there(root: Path, tmp_path: Path) -> None:
    """DVC fails in its own words on a params file that lacks a key named in dvc.yaml: ours must refuse it first."""
    named = {"dataset.root", "members"}
    for stage in YAML(typ="safe").load(root / "dvc.yaml")["stages"].values():
        named |= {str(key) for key in stage.get("do", stage)["params"] if "$" not in str(key)}
    for dotted in sorted(named | {"judges.network", "judges.linear"}):
        data = catalogue.settings("demo")
        *sections, key = dotted.split(".")
        section = data
        for name in sections:
            section = section[name]
        del section[key]
        YAML().dump(data, tmp_path / "params.yaml")
        with pytest.raises(ParamsError, match="missing"):
            load_params(tmp_path / "params.yaml")


def test_a_missing_file_and_a_wrong_encoding_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="cannot be read"):
        load_params(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("titel: Gerät\n".encode("latin-1"))
    with pytest.raises(ParamsError, match="not UTF-8"):
        load_params(tmp_path / "latin.yaml")


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    text = layout.text(catalogue.settings("demo"), []).replace("learning_rate: 0.002", "learning_rate: 1e-3")
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert load_params(path).training.learning_rate == 1e-3


def flat(data: Any, before: str = "") -> list[str]:
    """Return the dotted keys of a mapping, the innermost ones."""
    if not isinstance(data, dict) or not data:
        return [before]
    return [key for name, inside in data.items() for key in flat(inside, f"{before}.{name}".strip("."))]


def test_a_file_of_the_earlier_form_is_refused_with_the_new_key_for_each_old_one() -> None:
    with pytest.raises(ParamsError) as caught:
        load_params(EARLIER)
    lines = [line.removeprefix(f"{EARLIER}: ") for line in str(caught.value).splitlines()]
    told = dict(line.split(": ", 1) for line in lines)
    assert all(
        " is called " in f" {new}" and new.endswith(("; move it there", "; write that")) for new in told.values()
    )
    # Keys that are what they were; all others are told of, or lie below one that is.
    data = YAML(typ="safe").load(EARLIER)
    same = {key for key in flat(data) if not any(key == old or key.startswith(f"{old}.") for old in told)}
    assert {key.split(".")[0] for key in same} == {
        *("seed", "dataset", "features", "autoencoder", "judges", "spread", "self_train", "members"),
        *("ensemble", "project", "report", "compute"),
    }
    known = set(flat(catalogue.settings("demo")))
    optional = {"dataset.simulate_noise", "features.trim_db", "features.max_seconds", "features.max_quarantined"}
    optional |= {"autoencoder.validation_fraction", "spread.max_iter", "spread.tol", "report.reconstructions"}
    optional |= {"report.feature_maps", "report.dpi", "members.report.train_on", "self_train.rounds"}
    assert same - known - optional == set()
    assert told["self_train.selection.lower"] == "is called self_train.rounds.thresholds.lower now; move it there"
    assert told["members.small.start"] == "is called members.small.from_judge now; move it there"


def test_the_words_of_still_earlier_forms_are_told_too(tmp_path: Path) -> None:
    data = catalogue.settings("demo") | {"judge": {"linear": 0.1}}
    data["network"]["name"] = "vgg_small"
    data["self_train"]["rounds"] = 3
    data["dataset"]["simulate_noise"] = {"verified_fraction": 0.5, "rate": 0.5, "kind": "within_group"}
    path = tmp_path / "params.yaml"
    YAML().dump(data, path)
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert str(caught.value).splitlines() == [
        f"{path}: judge: is called judges.network now; move it there",
        f"{path}: judge.linear: is called judges.linear.strength now; move it there",
        f"{path}: dataset.simulate_noise.kind: within_group is called within_family now; write that",
        f"{path}: network.name: vgg_small is called vgg, with convs: 2 now; write that",
        f"{path}: self_train.rounds: is called self_train.rounds: {{number: 3}} now; write that",
    ]


def test_no_key_of_today_counts_as_an_old_one() -> None:
    for name in catalogue.names():
        renamed.check(Path("params.yaml"), catalogue.settings(name))
