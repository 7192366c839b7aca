"""What is noticed of a sound: each flag where it belongs, with its figure, and not on sounds that are in order."""

from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
from scipy import signal

from pipeline.audio import extraction
from pipeline.audio.decoding import Decoded, decode
from pipeline.files import problems
from pipeline.params.data import Features

RATE = 22_050
RANDOM = np.random.default_rng(0)


def noise(seconds: float = 2.0, level: float = 0.1, rate: int = RATE) -> np.ndarray:
    return np.random.default_rng(1).normal(0, level, round(seconds * rate))


def tone(hz: float = 440, seconds: float = 2.0, level: float = 0.5, rate: int = RATE) -> np.ndarray:
    return np.asarray(level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate))


def hear(
    folder: Path, y: np.ndarray, rate: int = RATE, *, form: str = "WAV", subtype: str | None = None, **how: Any
) -> Decoded:
    soundfile.write(folder / "clip", y, rate, format=form, subtype=subtype)
    given: dict[str, Any] = {"sr": RATE, "max_seconds": 30.0, "trim_db": None, "band": (20.0, RATE / 2)} | how
    clip = decode(folder / "clip", **given)
    assert problems.from_text(problems.to_text(clip.flags)) == clip.flags
    return clip


def librosa_like(y: np.ndarray, high: int, low: int) -> np.ndarray:
    return np.asarray(librosa.resample(y, orig_sr=low, target_sr=high, res_type="soxr_hq"))


class TestDownmix:
    @pytest.mark.fault(49)
    @pytest.mark.parametrize("other", [-1.0, -0.9, -0.6])
    def test_channels_in_opposite_phase_are_heard(self, tmp_path: Path, other: float) -> None:
        y = noise()
        clip = hear(tmp_path, np.stack([y, other * y], axis=1), subtype="PCM_16")
        np.testing.assert_allclose(clip.y, y, atol=1e-4)
        assert "channel 1 is heard" in clip.flags["out_of_phase"]
        assert "% of the power" in clip.flags["out_of_phase"]

    @pytest.mark.fault(49)
    def test_the_loudest_of_them_is_heard_in_any_place_and_container(self, tmp_path: Path) -> None:
        y = noise()
        for form in ("WAV", "FLAC", "AIFF", "CAF"):
            clip = hear(tmp_path, np.stack([-0.8 * y, y, np.zeros_like(y)], axis=1), form=form, subtype="PCM_16")
            np.testing.assert_allclose(clip.y, y, atol=1e-4)
            assert set(clip.flags) == {"out_of_phase", "dead_channel"}
            assert clip.flags["dead_channel"] == "channel 3 of 3"

    @pytest.mark.fault(49)
    def test_what_cancels_in_most_of_its_power_only_is_heard(self, tmp_path: Path) -> None:
        hum, voice = tone(100, level=0.5), noise(level=0.03)
        clip = hear(tmp_path, np.stack([hum + voice, voice - hum], axis=1), subtype="PCM_16")
        np.testing.assert_allclose(clip.y, hum + voice, atol=1e-4)

    def test_channels_without_a_relation_are_averaged(self, tmp_path: Path) -> None:
        for channels in (2, 4, 16, 32):
            y = np.random.default_rng(2).normal(0, 0.1, (RATE, channels))
            clip = hear(tmp_path, y, subtype="FLOAT")
            assert clip.flags == {}
            np.testing.assert_allclose(clip.y, y.mean(axis=1), atol=1e-6)

    @pytest.mark.fault(50)
    @pytest.mark.parametrize("dead", [0.0, 1e-5])
    def test_a_dead_channel_does_not_halve_the_sound(self, tmp_path: Path, dead: float) -> None:
        y = noise()
        clip = hear(tmp_path, np.stack([dead * RANDOM.normal(size=len(y)), y], axis=1), subtype="PCM_24")
        np.testing.assert_allclose(clip.y, y, atol=1e-5)
        assert clip.flags == {"dead_channel": "channel 1 of 2"}
        mono = hear(tmp_path, y, subtype="PCM_24")
        if not dead:
            assert clip.sound == mono.sound

    @pytest.mark.fault(50)
    def test_a_channel_in_use_is_not_dead_however_soft(self, tmp_path: Path) -> None:
        y = noise()
        clip = hear(tmp_path, np.stack([y, 0.01 * noise(level=0.1)], axis=1), subtype="PCM_24")
        assert clip.flags == {}

    def test_silence_in_all_channels_is_silence(self, tmp_path: Path) -> None:
        assert hear(tmp_path, np.zeros((RATE, 2)), subtype="PCM_16").flags == {"silent": ""}


class TestClipped:
    @pytest.mark.fault(50)
    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT"])
    @pytest.mark.parametrize("channels", [1, 2])
    def test_a_wave_cut_off_at_full_scale_is(self, tmp_path: Path, subtype: str, channels: int) -> None:
        y = np.clip(signal.lfilter([1], [1, -0.9], noise(level=0.4)), -1, 1)
        share = np.mean(np.abs(y) == 1)
        assert share > 0.02
        flags = hear(tmp_path, np.repeat(y[:, None], channels, axis=1), subtype=subtype).flags
        assert float(flags["clipped"].split("%")[0]) == pytest.approx(100 * share, rel=0.5)

    @pytest.mark.fault(50)
    def test_so_is_one_that_was_cut_off_and_made_softer(self, tmp_path: Path) -> None:
        assert "clipped" in hear(tmp_path, 0.3 * np.clip(tone(level=2.0), -1, 1), subtype="PCM_16").flags

    @pytest.mark.fault(50)
    def test_one_channel_of_two_is_enough(self, tmp_path: Path) -> None:
        y = np.stack([np.clip(noise(level=0.9), -1, 1), noise(level=0.1)], axis=1)
        loud = np.clip(signal.lfilter([1], [1, -0.9], y[:, 0]), -1, 1)
        assert "clipped" in hear(tmp_path, np.stack([loud, y[:, 1]], axis=1), subtype="PCM_16").flags

    @pytest.mark.parametrize("hz", [30, 100, 440, 3_000])
    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_U8", "ULAW", "FLOAT"])
    def test_a_wave_that_turns_gently_is_not(self, tmp_path: Path, hz: float, subtype: str) -> None:
        for level in (0.999, 0.5, 0.05):
            assert "clipped" not in hear(tmp_path, tone(hz, level=level), subtype=subtype).flags


class TestSilence:
    @pytest.mark.fault(50)
    @pytest.mark.parametrize("place", [0.0, 4.0, 9.5])
    def test_a_short_sound_in_long_silence_is_mostly_silent(self, tmp_path: Path, place: float) -> None:
        y = np.zeros(10 * RATE)
        begin = round(place * RATE)
        y[begin : begin + RATE // 2] = tone(seconds=0.5)
        clip = hear(tmp_path, y)
        assert clip.flags == {"mostly_silent": "95% of the time below -60 dB"}

    @pytest.mark.parametrize("pause", [0.0, 1e-3])
    def test_a_sound_with_pauses_is_not(self, tmp_path: Path, pause: float) -> None:
        y = np.concatenate([tone(seconds=1), pause * RANDOM.normal(size=2 * RATE), tone(seconds=1)])
        assert "mostly_silent" not in hear(tmp_path, y).flags

    @pytest.mark.fault(50)
    def test_a_constant_is_one_at_any_level(self, tmp_path: Path) -> None:
        assert hear(tmp_path, np.full(RATE, -0.2), subtype="PCM_16").flags == {"constant": ""}


class TestBand:
    @pytest.mark.fault(50)
    @pytest.mark.parametrize(("hz", "rate"), [(15_000, 44_100), (40_000, 192_000), (60, 44_100)])
    def test_a_sound_outside_what_is_heard_is_flagged(self, tmp_path: Path, hz: float, rate: int) -> None:
        clip = hear(tmp_path, tone(hz, rate=rate) + noise(level=0.01, rate=rate), rate, band=(100.0, 11_025.0))
        assert clip.flags["band"].endswith("% of the energy outside 100 to 11025 Hz")
        assert float(clip.flags["band"].split("%")[0]) > 95

    @pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
    def test_a_sound_inside_is_not_nor_is_an_offset_of_the_input(self, tmp_path: Path, rate: int) -> None:
        y = signal.lfilter([1], [1, -0.9], noise(rate=rate)) + 0.3
        assert hear(tmp_path, y, rate, band=(20.0, 11_025.0)).flags == {}

    @pytest.mark.fault(50)
    def test_the_band_is_that_of_the_features(self, tmp_path: Path) -> None:
        soundfile.write(tmp_path / "a.wav", tone(6_000) + noise(level=0.01), RATE)
        for settings, flagged in (({"fmax": 4_000.0}, True), ({}, False), ({"fmin": 7_000.0}, True)):
            features = Features.model_validate({"name": "mel", **settings})
            assert ("band" in extraction._extract(tmp_path / "a.wav", features).flags) == flagged
        assert extraction.band(Features(name="waveform")) == (0, RATE / 2)


class TestUpsampled:
    @pytest.mark.fault(50)
    @pytest.mark.parametrize(("low", "high"), [(8_000, 44_100), (8_000, 22_050), (11_025, 48_000), (16_000, 44_100)])
    @pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
    def test_a_recording_at_a_lower_rate_stored_at_a_higher_is(
        self, tmp_path: Path, low: int, high: int, subtype: str
    ) -> None:
        white = noise(3.0, rate=low)
        for resample, tolerance in ((signal.resample_poly, 0.2), (librosa_like, 0.1)):
            clip = hear(tmp_path, resample(white, high, low), high, subtype=subtype)
            edge = float(clip.flags["upsampled"].split()[2].replace(",", ""))
            assert edge == pytest.approx(low / 2, rel=tolerance)

    @pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
    @pytest.mark.parametrize("kind", ["white", "brown", "low", "tone", "sweep", "16 kHz"])
    @pytest.mark.parametrize("form", ["WAV", "MP3"])
    def test_what_has_its_own_spectrum_is_not(self, tmp_path: Path, rate: int, kind: str, form: str) -> None:
        white = noise(3.0, rate=rate)
        y = {
            "white": white,
            "brown": 0.1 * signal.lfilter([1], [1, -0.99], white),
            "low": signal.lfilter(*signal.butter(4, 0.1), white),
            "tone": tone(seconds=3, rate=rate),
            "sweep": 0.5 * signal.chirp(np.arange(3 * rate) / rate, 200, 3, rate / 8),
            "16 kHz": signal.sosfilt(signal.butter(20, 0.72, output="sos"), white),
        }[kind]
        assert "upsampled" not in hear(tmp_path, y, rate, form=form, band=None).flags


def test_sounds_in_order_have_no_flag(tmp_path: Path) -> None:
    for subtype in ("PCM_16", "PCM_24", "FLOAT", "PCM_U8"):
        for channels in (1, 2, 6):
            y = np.repeat(signal.lfilter([1], [1, -0.8], noise())[:, None], channels, axis=1)
            assert hear(tmp_path, y, subtype=subtype).flags == {}
