"""Features against formulas written out, or another library's answer."""

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal

from pipeline.plugins.features import mel, mfcc, stft, waveform

SR = 22050


def chirp(seconds: float = 1.0) -> np.ndarray:
    t = np.arange(int(seconds * SR)) / SR
    noise = np.random.default_rng(1).normal(0, 0.01, len(t))
    return (0.4 * scipy.signal.chirp(t, 200, t[-1], 5000) + noise).astype(np.float32)


@pytest.mark.parametrize("hz", [100.0, 440.0, 1000.0, 4000.0, 10_000.0])
def test_a_sine_is_loudest_in_its_bin(hz: float) -> None:
    y = np.sin(2 * np.pi * hz * np.arange(SR) / SR).astype(np.float32)
    middle = stft.extract(y, SR)[5:-5]
    assert (middle.argmax(axis=1) == round(hz * 1024 / SR)).all()
    assert middle.max() == pytest.approx(1.0)


def test_stft_is_decibels_of_scipys_spectrum() -> None:
    y = chirp()
    window = scipy.signal.get_window("hann", 1024)
    padded = np.pad(y / np.abs(y).max(), 512)
    rows = np.lib.stride_tricks.sliding_window_view(padded, 1024)[::512]
    power = np.abs(scipy.fft.rfft(rows * window)) ** 2
    expected = np.maximum(10 * np.log10(power / power.max()), -80) / 80 + 1
    np.testing.assert_allclose(stft.extract(y, SR), expected, atol=1e-3)


def test_half_the_amplitude_is_six_decibels_less() -> None:
    y = np.concatenate([np.ones(SR), np.full(SR, 0.5)]) * np.sin(2 * np.pi * 1000 * np.arange(2 * SR) / SR)
    loudest = stft.extract(y.astype(np.float32), SR).max(axis=1)
    assert (loudest[10] - loudest[-10]) * 80 == pytest.approx(20 * np.log10(2), abs=0.05)


def test_mel_is_librosas() -> None:
    y = chirp()
    power = librosa.feature.melspectrogram(
        y=y / np.abs(y).max(), sr=SR, n_fft=1024, hop_length=512, n_mels=64, fmin=20.0, fmax=11025.0
    )
    expected = librosa.power_to_db(power, ref=np.max, amin=1e-20, top_db=80.0).T / 80 + 1
    np.testing.assert_allclose(mel.extract(y, SR), expected, atol=1e-4)


def test_mfcc_is_the_cosine_transform_of_mel() -> None:
    y = chirp()
    frames = mel.extract(y, SR)
    k, m = np.arange(20)[:, None], np.arange(64)[None, :]
    basis = np.cos(np.pi * k * (2 * m + 1) / 128) * np.where(k == 0, np.sqrt(1 / 64), np.sqrt(2 / 64))
    np.testing.assert_allclose(mfcc.extract(y, SR), frames @ basis.T / np.sqrt(64), atol=1e-5)
    np.testing.assert_allclose(mfcc.extract(y, SR)[:, 0], frames.mean(axis=1), atol=1e-5)


def test_all_coefficients_give_mel_back() -> None:
    y = chirp()
    back = scipy.fft.idct(mfcc.extract(y, SR, n_mfcc=64) * np.sqrt(64), type=2, norm="ortho", axis=1)
    np.testing.assert_allclose(back, mel.extract(y, SR), atol=1e-4)


def test_rows_of_the_waveform_give_it_back() -> None:
    y = chirp()
    rows = waveform.extract(y, SR)
    assert rows.shape == (-(-len(y) // 512), 512)
    flat = rows.ravel()
    np.testing.assert_allclose(flat[: len(y)] * np.abs(y).max(), y, atol=1e-6)
    assert not flat[len(y) :].any()
    assert np.abs(flat).max() == pytest.approx(1.0)
