"""A sound as a file of any kind that is read, by the encoders of libsndfile and FFmpeg."""

import io
import tempfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

_AT = {"libopus": 48_000, "libopencore_amrnb": 8_000}  # the only sample rates that these encode at
_BIT_RATES = {"wmav2": 64_000}
_SAMPLES = {"wmav2": "fltp", "tta": "s16", "wavpack": "s16p", "alac": "s16p", "flac": "s16"}


def by_soundfile(y: np.ndarray, rate: int, channels: int = 1, **how: Any) -> bytes:
    """Return `y`, float (n,), in each of `channels`, as `soundfile.write` writes it."""
    file = io.BytesIO()
    soundfile.write(file, np.repeat(y[:, None], channels, axis=1), rate, **how)
    return file.getvalue()


def by_ffmpeg(y: np.ndarray, rate: int, container: str, codec: str, channels: int = 1, **how: str) -> bytes:
    """Return `y`, float (n,), in each of `channels`, as FFmpeg's `codec` in its `container`; `how`: its options."""
    at, layout = _AT.get(codec, rate), "stereo" if channels == 2 else "mono"
    samples = np.clip(np.round(np.repeat(y[:, None], channels, axis=1) * 32_768), -32_768, 32_767).astype("<i2")
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate, frame.pts = rate, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"  # some containers are read again to put their index first
        with av.open(str(path), "w", format=container, options=how) as out:
            stream: Any = out.add_stream(codec, rate=at, layout=layout)
            if codec in _BIT_RATES:
                stream.bit_rate = _BIT_RATES[codec]
            if codec in _SAMPLES:
                stream.format = _SAMPLES[codec]
            size = stream.codec_context.frame_size
            resampler = av.AudioResampler(format=stream.format, layout=layout, rate=at, frame_size=size)
            for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
                out.mux(stream.encode(piece))
        return path.read_bytes()
