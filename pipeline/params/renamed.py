"""Keys of earlier forms of params.yaml: each is refused with the key that took its place.

Conventions: `*` stands for one name. What a key stood for is not translated, for it may mean something else now.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import ParamsError

_TRAINED = {
    "fit.epochs": "epochs",
    "fit.batch_size": "training.batch_size",
    "fit.learning_rate": "training.learning_rate",
    "fit.schedule": "training.schedule",
    "fit.weight_decay": "training.weight_decay",
    "fit.patience": "training.keep: {best: ...}",
    "ema": "training.keep: {average: ...}",
    "label_smoothing": "training.label_smoothing",
    "augment": "training.augment",
    "doubtful.loss": "training.doubtful.loss",
    "doubtful.weight": "training.doubtful.weight",
    "doubtful.q": "training.doubtful.loss: {gce: {q: ...}}",
    "doubtful.beta": "training.doubtful.loss: {bootstrap: {beta: ...}}",
    "model": "network",
    "patches.mode": "patches: {crop: ...} or {resize: ...}",
    "patches.frames": "patches: {crop: {frames: ...}} or {resize: {frames: ...}}",
    "patches.test_crops": "patches: {crop: {test_crops: ...}}",
}
_MEMBER = _TRAINED | {
    "fold": "hold_out",
    "start": "from_judge",
    "restart": "rounds.restart",
    "selection.rule": "rounds.select",
    "selection.lower": "rounds.thresholds.lower",
    "selection.upper": "rounds.thresholds.upper",
    "selection.relabel": "rounds.select: {agree_or_relabel: {least: ...}}",
    "selection.max_per_class": "rounds.max_per_class",
}


def _below(section: str, keys: dict[str, str]) -> dict[str, str]:
    return {f"{section}.{old}": f"{section}.{new}" for old, new in keys.items()}


KEYS = {
    "folds.n": "folds",
    "features.kind": "features.name",
    "features.mel": "features, beside its name",
    "features.stft": "features, beside its name",
    "features.mfcc": "features, beside its name",
    "features.waveform": "features, beside its name",
    "dataset.simulate_noise.grouping": "dataset.simulate_noise.kind: {within_family: {grouping: ...}}",
    **_below("autoencoder", _TRAINED),
    "judge": "judges.network",
    "judge.linear": "judges.linear.strength",
    **_below("judges.network", _TRAINED),
    "spread.source": "judges.network, judges.linear (null: not asked) and labels.spreading",
    "spread.promote": "labels.promote",
    "spread.precision": "labels.promote: {posterior: {precision: ...}}",
    "spread.correct": "labels.correct",
    "spread.open_set": "labels.open_set",
    "spread.gamma": "spread.kernel: {rbf: {gamma: ...}}, or scaled_rbf for auto",
    "spread.gamma_scale": "spread.kernel: {scaled_rbf: {scale: ...}}",
    "spread.n_neighbors": "spread.kernel: {scaled_rbf: {neighbours: ...}} or {knn: {neighbours: ...}}",
    "spread.whiten": "space.whiten",
    "spread.normalize": "space.unit_length",
    **_below("self_train", _MEMBER),
    **_below("members.*", _MEMBER),
    "ensemble.members": "members, whose every key is trained",
    "project.methods": "project, whose every key is drawn",
}
# Key, the value that it may no longer have, and the value that took its place.
VALUES = {
    ("spread.kernel", "rbf"): "{scaled_rbf: {scale: ...}}, or {rbf: {gamma: ...}}",
    ("autoencoder.model.name", "autoencoder"): "conv",
    ("dataset.simulate_noise.kind", "within_group"): "within_family",
    ("network.name", "vgg_small"): "vgg, with convs: 2",
    ("network.name", "vgg_large"): "vgg, with convs: 3",
    ("*.network.name", "vgg_small"): "vgg, with convs: 2",
    ("*.network.name", "vgg_large"): "vgg, with convs: 3",
    ("*.*.network.name", "vgg_small"): "vgg, with convs: 2",
    ("*.*.network.name", "vgg_large"): "vgg, with convs: 3",
}


def check(path: Path, data: dict[str, Any]) -> None:
    """Refuse a file of an earlier form.

    Raises:
        ParamsError: one line for each old key or value, with the file, what was found and what is expected.
    """
    lines = []
    for old, new in KEYS.items():
        for found, names, _ in _at(data, old.split(".")):
            lines.append(f"{path}: {found}: is called {_with(new, names)} now; move it there")
    for (key, value), new in VALUES.items():
        lines += [
            f"{path}: {found}: {value} is called {new} now; write that"
            for found, _, here in _at(data, key.split("."))
            if here == value
        ]
    for key in ("self_train.rounds", "members.*.rounds"):
        lines += [
            f"{path}: {found}: is called {found}: {{number: {here}}} now; write that"
            for found, _, here in _at(data, key.split("."))
            if isinstance(here, int) and here > 1
        ]
    if lines:
        raise ParamsError("\n".join(lines))


def _at(data: Any, pattern: list[str]) -> Iterator[tuple[str, list[str], Any]]:
    """Yield each key that there is of a pattern: dotted, the names that its `*` stand for, and its value."""
    if not pattern:
        yield "", [], data
        return
    first, *rest = pattern
    if not isinstance(data, dict):
        return
    for name in [name for name in data if first in ("*", name)]:
        for found, names, value in _at(data[name], rest):
            yield f"{name}.{found}".rstrip("."), [str(name)] * (first == "*") + names, value


def _with(key: str, names: list[str]) -> str:
    for name in names:
        key = key.replace("*", name, 1)
    return key
