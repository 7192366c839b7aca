"""Every preset loads, names things that exist, and its networks can be built."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.clips import grouping
from pipeline.params import registry
from pipeline.params.schema import load_params

from ..conftest import ROOT

PRESETS = sorted((ROOT / "presets").glob("*.yaml"), key=lambda path: path.stem)


def test_the_presets_are_those_that_the_docs_name(root: Path) -> None:
    assert [path.stem for path in PRESETS] == ["demo", "digits", "esc10", "freesound2018", "freesound2018-paper"]
    page = (root / "docs" / "presets.md").read_text(encoding="utf-8")
    assert [path.stem for path in PRESETS if f"| `{path.stem}` |" not in page] == []


def test_the_demo_is_the_default(root: Path) -> None:
    same = (root / "presets" / "demo.yaml").read_bytes() == (root / "params.yaml").read_bytes()
    assert same, "params.yaml is not presets/demo.yaml: expected while it is edited, not when it is committed"


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_loads_and_lists_every_section(root: Path, path: Path) -> None:
    params = load_params(path)
    default = YAML(typ="safe").load(root / "presets" / "demo.yaml")
    assert list(YAML(typ="safe").load(path)) == list(default)
    for entry in (params.spread.grouping, getattr(params.dataset.simulate_noise, "grouping", "one")):
        module = registry.load("datasets", params.dataset.name)
        classes = sorted({name for groups in module.GROUPINGS.values() for g in groups.values() for name in g})
        assert grouping.resolve(entry, module.GROUPINGS, classes, "spread.grouping")


@pytest.mark.keras
@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_the_networks_of_a_preset_can_be_built(path: Path) -> None:
    from pipeline.networks import building

    params = load_params(path)
    kind = params.features.kind_
    bins = registry.load("features", kind).n_bins(params.features.sr, **params.features.settings)
    for member in params.members.values():
        assert isinstance(member.patches.frames, int)
        network = building.build(member.model, (member.patches.frames, bins), 41, seed=0)
        assert network.output_shape == (None, 41)
    auto = params.autoencoder
    network = registry.function("autoencoders", auto.model.name)(
        (auto.patches.n_frames, bins), auto.latents, **auto.model.settings
    )
    assert network.get_layer("latent").output.shape == (None, auto.latents)


def test_the_paper_preset_says_what_the_report_says(root: Path) -> None:
    params = load_params(root / "presets" / "freesound2018-paper.yaml")
    bins = registry.load("features", "stft").n_bins(params.features.sr, **params.features.settings)
    assert (bins, params.autoencoder.patches.frames, params.autoencoder.latents) == (513, 439, 4096)
    auto = params.autoencoder.fit
    assert (auto.learning_rate, auto.batch_size, auto.epochs) == (1e-5, 16, 100)
    spread = params.spread
    found = (spread.grouping, spread.kernel, spread.gamma, spread.alpha, spread.max_iter, spread.tol)
    assert found == ("two", "rbf", 20, 0.2, 100_000, 0.001)
    assert (spread.whiten, spread.normalize) == (None, False)
    schedules = {(m.rounds, m.fit.epochs, m.model.name) for m in params.members.values()}
    assert schedules == {(r, e, n) for r, e in ((3, 200), (30, 20)) for n in ("vgg_small", "vgg_large")}
    dense = {m.model.name: m.model.settings["dense"] for m in params.members.values()}
    assert dense == {"vgg_small": 1024, "vgg_large": 4096}
    assert all(m.selection.lower == [0.35, 0.65] and m.selection.rule == "predicted" for m in params.members.values())
    assert params.ensemble.method == "geometric"
