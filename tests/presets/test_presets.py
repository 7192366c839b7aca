"""Every preset loads, names things that exist, and its networks can be built."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.clips import grouping
from pipeline.errors import ParamsError
from pipeline.params import registry
from pipeline.params.schema import Params, load_params
from pipeline.presets import catalogue, layout

NAMES = ["csv", "demo", "demo-report", "digits", "esc10", "freesound2018", "freesound2018-paper"]


def test_the_presets_are_those_that_the_docs_name(root: Path) -> None:
    assert catalogue.names() == NAMES
    page = (root / "docs" / "presets.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in page] == []


def test_the_demo_is_the_default_and_has_at_most_seventy_lines(root: Path) -> None:
    text = layout.text(catalogue.settings("demo"), catalogue.description("demo"))
    assert text == (root / "params.yaml").read_text(encoding="utf-8"), (
        "params.yaml is not the preset demo: expected while it is edited, not when it is committed"
    )
    assert len(text.splitlines()) <= 70


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_of_a_preset_reads_as_the_preset(tmp_path: Path, name: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(layout.text(catalogue.settings(name), catalogue.description(name)), encoding="utf-8")
    assert YAML(typ="safe").load(path) == catalogue.settings(name)
    assert load_params(path) == catalogue.params(name)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 120
    assert not any(line != line.rstrip() for line in lines)
    assert len(catalogue.description(name)[0]) > 20


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_lists_every_section_and_has_families_that_fit(name: str) -> None:
    params = catalogue.params(name)
    assert list(catalogue.settings(name)) == list(catalogue.settings("demo")) == list(Params.model_fields)
    noise = params.dataset.simulate_noise
    within = noise.kind.within_family if noise else None
    for entry in (params.spread.grouping, within.grouping if within else "one"):
        module = registry.load("datasets", params.dataset.name)
        groupings = module.GROUPINGS.values()
        classes = sorted({name for families in groupings for family in families.values() for name in family})
        assert grouping.resolve(entry, module.GROUPINGS, classes or ["one"], "spread.grouping")


def test_a_preset_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ParamsError, match=r"there is no 'esc11', there are csv, .*; did you mean 'esc10'\?"):
        catalogue.settings("esc11")
    with pytest.raises(ParamsError, match="there is no 'base'"):
        catalogue.settings("base")


def test_no_preset_says_what_the_base_says_already() -> None:
    yaml = YAML(typ="safe")
    base = yaml.load(catalogue.FOLDER / "base.yaml")

    def same(own: dict, below: dict, before: str = "") -> list[str]:
        found = []
        for key, value in own.items():
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                found += same(value, below[key], f"{before}{key}.")
            elif key in below and below[key] == value:
                found.append(f"{before}{key}")
        return found

    # A plugin of another name, a choice and augmentations replace the base's, so they are written whole.
    whole = ("dataset.", "features.", "patches.", "training.augment.")
    for name in NAMES:
        said = same(yaml.load(catalogue.FOLDER / f"{name}.yaml"), base)
        assert [key for key in said if not key.startswith(whole)] == [], name


@pytest.mark.keras
@pytest.mark.parametrize("name", NAMES)
def test_the_networks_of_a_preset_can_be_built(name: str) -> None:
    from pipeline.networks import building

    params = catalogue.params(name)
    kind = params.features.name
    bins = registry.load("features", kind).n_bins(params.features.sr, **params.features.settings)
    for member in params.members.values():
        assert isinstance(member.patches.frames, int)
        network = building.build(member.network, (member.patches.frames, bins), 41, seed=0)
        assert network.output_shape == (None, 41)
    auto = params.autoencoder
    network = registry.function("autoencoders", auto.network.name)(
        (auto.patches.n_frames, bins), auto.latents, **auto.network.settings
    )
    assert network.get_layer("latent").output.shape == (None, auto.latents)


def test_the_paper_preset_says_what_the_report_says() -> None:
    params = catalogue.params("freesound2018-paper")
    bins = registry.load("features", "stft").n_bins(params.features.sr, **params.features.settings)
    assert (bins, params.autoencoder.patches.frames, params.autoencoder.latents) == (513, 439, 4096)
    auto = params.autoencoder.training
    assert (auto.learning_rate, auto.batch_size, params.autoencoder.epochs) == (1e-5, 16, 100)
    spread = params.spread
    assert spread.kernel.rbf is not None
    found = (spread.grouping, spread.kernel.rbf.gamma, spread.alpha, spread.max_iter, spread.tol)
    assert found == ("two", 20, 0.2, 100_000, 0.001)
    assert (params.space.whiten, params.space.unit_length) == (None, False)
    sizes = {(m.network.settings["convs"], m.network.settings["dense"]) for m in params.members.values()}
    assert sizes == {(2, 1024), (3, 4096)}
    schedules = {(m.rounds.number, m.epochs, m.network.settings["convs"]) for m in params.members.values()}
    assert schedules == {(r, e, n) for r, e in ((3, 200), (30, 20)) for n in (2, 3)}
    rounds = [member.rounds for member in params.members.values()]
    assert all(r.thresholds.lower == [0.35, 0.65] and r.select.chosen == "predicted" for r in rounds)
    assert all(m.training.keep.best == 20 and m.training.learning_rate == 1e-4 for m in params.members.values())
    assert params.ensemble.method == "geometric"
