"""What passes the first check can be computed: every combination of plugins is refused at once, or it works."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ParamsError
from pipeline.files.frames import Frames
from pipeline.params import registry
from pipeline.params.schema import Params, check
from pipeline.presets import catalogue
from pipeline.settings import Literal

FRAMES, CLIPS, CLASSES = 9, 8, 2
SMALL = {"width": 2, "depth": 1, "dense": 4}
FEATURES = {"mel": {"n_fft": 256, "hop_length": 128, "n_mels": 8, "fmax": None}, "mfcc": {"n_mfcc": 5}}
FEATURES |= {"stft": {"n_fft": 64, "hop_length": 32}, "waveform": {"hop_length": 16}}
FEATURES["mfcc"] |= FEATURES["mel"]


def choices(kind: str, name: str) -> list[dict[str, Any]]:
    """Return small settings of a plugin: one for each combination of what its declaration lets one choose by name."""
    fields = registry.settings_model(kind, name).model_fields
    sizes = {key: value for key, value in SMALL.items() if key in fields}
    named = {
        key: field.annotation.__args__
        for key, field in fields.items()
        if getattr(field.annotation, "__origin__", None) is Literal
    }
    return [sizes | dict(zip(named, values, strict=True)) for values in itertools.product(*named.values())]


def combinations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (feature, model, settings)
        for feature in registry.names("features")
        for model in registry.names("models")
        for settings in choices("models", model)
    ]


def go_together(feature: str, model: str) -> bool:
    return feature in registry.constant("models", model, "ACCEPTS")


def params(feature: str, model: str, settings: dict[str, Any], mode: str = "crop") -> Params:
    data = catalogue.settings("demo")
    data["features"] = {"name": feature, "sr": 8000, **FEATURES[feature]}
    data["patches"] = {mode: {"frames": FRAMES}}
    data["network"] = {"name": model, **settings}
    data["training"] = {"batch_size": 4, "augment": {name: {} for name in registry.names("augment")}}
    data["judges"]["network"] = {"epochs": 1}
    data["self_train"] |= {"epochs": 1, "rounds": 1}
    data["members"] = {"one": {"from_judge": 0}, "two": {"hold_out": 0}}
    data["autoencoder"] |= {"epochs": 1, "training": {"batch_size": 4}}
    return check(Path("params.yaml"), data)


def frames(made: Params) -> Frames:
    """Clips of several lengths, some shorter than a patch, with as many bins as the kind of features gives."""
    kind = made.features.name
    bins = registry.load("features", kind).n_bins(made.features.sr, **made.features.settings)
    lengths = np.array([1, 3, 9, 9, 10, 20, 5, 30])
    index = pd.DataFrame({"start": np.cumsum(lengths) - lengths, "n_frames": lengths, "status": "ok"})
    random = np.random.default_rng(0)
    return Frames(random.random((lengths.sum(), bins)).astype(np.float16), index, {"kind": kind, "n_bins": bins})


@pytest.mark.keras
@pytest.mark.parametrize(
    ("feature", "model", "settings"),
    [one for one in combinations() if go_together(*one[:2])],
    ids=lambda value: str(value).replace(" ", ""),
)
def test_what_is_accepted_can_be_built_and_a_member_can_go_on_from_a_judge(
    feature: str, model: str, settings: dict[str, Any]
) -> None:
    from pipeline.networks import backend, building, fitting, inference

    made = params(feature, model, settings)
    backend.configure("cpu", "float32")
    features = frames(made)
    shape = (made.judges.network.patches.n_frames, features.n_bins)
    judge = building.build(made.judges.network.network, shape, CLASSES, seed=0)
    member = building.build(made.members["one"].network, shape, CLASSES, seed=1)
    fitting.set_weights(member, judge.get_weights(), "one")
    clips = [features.clip(row) for row in range(CLIPS)]
    found = inference.clip_outputs(member, clips, made.members["one"].patches)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("mode", ["crop", "resize"])
def test_a_member_is_trained_on_from_a_judge_with_every_augmentation(mode: str) -> None:
    from pipeline.networks import backend
    from pipeline.networks.learner import KerasLearner

    backend.configure("cpu", "float32")
    made = params("mel", "vgg", SMALL | {"pooling": "flatten"}, mode)
    rows, features = np.arange(CLIPS), frames(made)
    targets, doubtful = np.eye(CLASSES, dtype=np.float32)[rows % 2], rows % 4 == 0
    judge = KerasLearner(features, made.judges.network, CLASSES, seed=0, name="judge")
    judge.fit(1, rows, targets, doubtful)
    member = KerasLearner(features, made.members["one"], CLASSES, seed=0, name="one", start=judge.weights)
    member.fit(1, rows, targets, doubtful, None)
    assert np.isfinite(member.predict()).all()


@pytest.mark.parametrize(
    ("feature", "model", "settings"), [one for one in combinations() if not go_together(*one[:2])][::3]
)
def test_what_cannot_go_together_is_refused_at_once(feature: str, model: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ParamsError, match=f"members.one.network: {model} takes features "):
        params(feature, model, settings)


def test_each_network_goes_with_some_features_and_all_features_with_some_network() -> None:
    for kind, names in (("models", registry.names("models")), ("autoencoders", registry.names("autoencoders"))):
        accepted = {name: set(registry.constant(kind, name, "ACCEPTS")) for name in names}
        assert all(found <= set(registry.names("features")) for found in accepted.values())
        assert set().union(*accepted.values()) == set(registry.names("features"))
