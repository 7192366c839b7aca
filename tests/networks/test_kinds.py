"""Every kind of features goes through the autoencoder and through a network that accepts it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.audio import extraction
from pipeline.files import frames
from pipeline.params import registry
from pipeline.params.data import Features
from pipeline.params.training import Autoencoder, Member

pytestmark = pytest.mark.keras

NETWORK = {
    "mel": {"name": "vgg"},
    "stft": {"name": "vgg", "convs": 3},
    "mfcc": {"name": "cnn_mfcc"},
    "waveform": {"name": "cnn1d"},
}
SIZES = {
    "mel": {"n_mels": 12},
    "mfcc": {"n_mels": 12, "n_mfcc": 6},
    "stft": {"n_fft": 64, "hop_length": 64},
    "waveform": {"hop_length": 64},
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """Twelve tones of two pitches."""
    folder = tmp_path_factory.mktemp("tones")
    time = np.arange(4000) / 8000
    rows = []
    for i in range(12):
        label = ("low", "high")[i % 2]
        y = np.sin(2 * np.pi * (300 if i % 2 == 0 else 2000) * time + i) * 0.5
        soundfile.write(folder / f"{i:02d}.wav", y, 8000)
        rows.append((f"{i:02d}", f"{i:02d}.wav", label, "train", i % 3, f"g{i}"))
    return folder, pd.DataFrame(rows, columns=["clip_id", "path", "label", "split", "fold", "group"]).assign(
        verified=True
    )


@pytest.mark.parametrize("kind", registry.names("features"))
def test_a_kind_of_features_reaches_latents_and_probabilities(
    clips: tuple[Path, pd.DataFrame], tmp_path: Path, kind: str
) -> None:
    from pipeline.files.checkpoints import Checkpoints
    from pipeline.latents import encoding
    from pipeline.members.roles import split_clips
    from pipeline.members.self_training import run_rounds
    from pipeline.networks.learner import KerasLearner

    raw, table = clips
    size = SIZES[kind] | ({"fmin": 20, "fmax": 4000} if "n_mels" in SIZES[kind] else {})
    settings = Features.model_validate({"name": kind, "sr": 8000, "trim_db": None} | size)
    extraction.extract_all(table, raw, settings, jobs=1, out=tmp_path / "features")
    features = frames.read_features(tmp_path / "features")
    patches = {"crop": {"frames": 8, "test_crops": 2}}
    auto = {"network": {"name": "conv", "width": 2, "depth": 2}, "latents": 4, "epochs": 1}
    encoded = encoding.encode(
        features, table, Autoencoder.model_validate(auto | {"patches": patches}), seed=0, examples=2
    )
    assert encoded.latents.shape == (12, 4)
    assert np.isfinite(encoded.latents).all()
    settings = {"network": NETWORK[kind] | {"width": 2, "depth": 2, "dense": 4}, "patches": patches, "training": {}}
    settings |= {"epochs": 2, "rounds": 1, "hold_out": 0, "train_on": "promoted"}
    member = Member.model_validate(settings)
    labels, unknown = (
        table[["label", "verified"]].assign(promoted=False, spread_label="", abstained=True),
        np.full((12, 2), np.nan, np.float32),
    )
    split = split_clips(table, labels, unknown, ["high", "low"], features.ok, member)
    learner = KerasLearner(features, member, 2, seed=0, name="m")
    state = run_rounds(split, member, learner, Checkpoints(tmp_path / "c", "k"), say=lambda line: None)
    assert state.probs is not None
    np.testing.assert_allclose(state.probs.sum(axis=1), 1, atol=1e-5)
