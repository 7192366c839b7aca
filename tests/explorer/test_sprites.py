"""Tiles: each where the page looks for it, showing what the clip's frames hold."""

import matplotlib
import numpy as np
import pytest
from PIL import Image

from pipeline.explorer import sprites
from pipeline.plugins.features import mel, mfcc, waveform


def loudness(image):
    """The inverse of the colours: float (height, width) within [0, 1]."""
    colours = matplotlib.colormaps["magma"](np.arange(256), bytes=True)[:, :3].astype(int)
    pixels = np.asarray(image.convert("RGB")).astype(int)
    return np.abs(pixels[:, :, None] - colours).sum(axis=-1).argmin(axis=-1) / 255


def cut(folder, tile):
    image = Image.open(folder / f"{tile // 100:03d}.webp")
    assert image.size == (1280, 640)
    x, y = tile % 100 % 10 * 128, tile % 100 // 10 * 64
    return loudness(image.crop((x, y, x + 128, y + 64)))


def test_tiles_land_where_the_page_looks_for_them(tmp_path, made_up):
    ok = np.arange(130) % 13 != 5
    level = np.arange(130) / 130
    stored = made_up.features([np.full((6, 8), value) for value in level], ok)
    tiles, files = sprites.write_sprites(tmp_path / "sprites", stored)
    assert files == 2
    assert sorted(path.name for path in (tmp_path / "sprites").iterdir()) == ["000.webp", "001.webp"]
    assert (tiles[~ok] == -1).all()
    assert tiles[ok].tolist() == list(range(120))
    for row in np.flatnonzero(ok)[[0, 9, 10, 42, 99, 100, 119]]:
        shown = cut(tmp_path / "sprites", tiles[row])
        assert shown.mean() == pytest.approx(level[row], abs=0.03)


def test_time_goes_right_and_pitch_up(tmp_path, made_up):
    frames = np.zeros((40, 16))
    frames[:10, 12:] = 1.0  # at first, and high
    sprites.write_sprites(tmp_path / "sprites", made_up.features([frames], [True]))
    shown = cut(tmp_path / "sprites", 0)
    assert shown[:14, :30].mean() > 0.9
    assert shown[18:, :].mean() < 0.05
    assert shown[:, 36:].mean() < 0.05


@pytest.mark.parametrize("shape", [(1, 1), (1, 513), (5, 20), (128, 64), (1300, 64), (7, 2048)])
def test_a_tile_keeps_the_mean_of_any_shape(shape):
    frames = np.random.default_rng(0).random(shape).astype(np.float32)
    tile = sprites.tile(frames)
    assert (tile.shape, tile.dtype) == ((64, 128), np.uint8)
    assert tile.mean() / 255 == pytest.approx(frames.mean(), abs=0.1)
    if shape == (128, 64):
        np.testing.assert_array_equal(tile, np.round(frames.T[::-1] * 255))


def tone(sr, hz, seconds=1.0):
    return np.sin(2 * np.pi * hz * np.arange(int(sr * seconds)) / sr).astype(np.float32)


def picture(made_up, frames, kind, sr=22050, **settings):
    stored = made_up.features([frames], [True], kind, sr, **settings)
    return sprites.pictures(stored)(stored.clip(0).astype(np.float32))


def test_cepstra_are_shown_as_the_smooth_spectrogram_that_they_describe(made_up):
    y = tone(22050, 440) * np.linspace(0, 1, 22050, dtype=np.float32)
    shown = picture(made_up, mfcc.extract(y, 22050, n_mfcc=64), "mfcc", n_mels=64)
    np.testing.assert_allclose(shown, mel.extract(y, 22050), atol=0.02)  # all coefficients: nothing is lost
    smooth = picture(made_up, mfcc.extract(y, 22050, n_mfcc=20), "mfcc", n_mels=64)
    assert np.abs(smooth - shown).mean() < 0.1


@pytest.mark.parametrize("sr", [4000, 8000, 16000, 22050, 44100, 96000])
def test_a_waveform_is_shown_as_its_spectrogram(made_up, sr):
    low, high = (
        picture(made_up, waveform.extract(tone(sr, hz), sr), "waveform", sr).mean(axis=0) for hz in (200, sr / 3)
    )
    assert low.shape == high.shape == (64,)
    assert low.argmax() < high.argmax()
    assert low.max() > 0.9


def test_a_short_waveform_has_a_picture_too(made_up):
    assert np.isfinite(picture(made_up, waveform.extract(tone(22050, 440, 0.001), 22050), "waveform")).all()
