"""Read by FFmpeg, of PyAV: what libsndfile does not read, or not to its end.

FFmpeg is told which container it is, opens no other file or address, and uses the decoders of sound alone; it is
loaded where a file needs it. It runs in one thread.
"""

import io
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from pipeline.audio import bounds, extents, kinds, opinions
from pipeline.audio.bounds import Taken
from pipeline.audio.kinds import Kind
from pipeline.audio.mixing import Mixer
from pipeline.audio.views import View
from pipeline.errors import DataError

_DECODERS = (
    "aac", "aac_latm", "alac", "opus", "libopus", "vorbis", "flac", "mp3", "mp3float", "mp2", "mp2float", "mp1",
    "mp1float", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "wmav1", "wmav2", "wmapro", "wmalossless",
    "wmavoice", "wavpack", "ape", "tta", "ac3", "eac3", "gsm", "gsm_ms", "truespeech", "speex", "g722", "qdm2", "qdmc",
    "g726", "g726le", "mace3", "mace6", "nellymoser",
)  # fmt: skip
_FAMILIES = ("pcm_", "adpcm_")
_BITS = {"u8": 8, "s16": 16, "s32": 32, "s64": 64}
_LOSSLESS = ("pcm_", "flac", "alac", "wavpack", "tta", "ape", "wmalossless")
_ENCRYPTED = ("enca", "drms", "p608")


def read(file: io.FileIO, source: View, kind: Kind, mixer: Mixer, max_seconds: float) -> Taken:
    """Read `source`, a view of `file`, of a kind that FFmpeg knows, into `mixer`.

    Raises:
        DataError: damaged, truncated, protected, without sound, or beyond the bounds.
    """
    import av

    av.logging.set_level(None)
    source.seek(0)
    options = {"codec_whitelist": ",".join(_decoders()), "protocol_whitelist": "", "format_whitelist": _formats(kind)}
    try:
        with av.open(source, mode="r", format=kind.demuxer, options=options) as container:
            return _read(av, file, container, kind, mixer, max_seconds)
    except DataError:
        raise
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise DataError(_damaged(kind, error)) from None


@cache
def _decoders() -> tuple[str, ...]:
    import av

    return (*_DECODERS, *sorted(name for name in av.codecs_available if name.startswith(_FAMILIES)))


def _formats(kind: Kind) -> str:
    return {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}.get(kind.demuxer, kind.demuxer)


def _damaged(kind: Kind, error: Exception) -> str:
    if kind is kinds.MP4:
        return "damaged: an MP4 without a whole index (moov), cut off or never finished"
    return f"damaged: {kind.name} that FFmpeg cannot read ({getattr(error, 'strerror', None) or error})"


def _read(av: Any, file: io.FileIO, container: Any, kind: Kind, mixer: Mixer, max_seconds: float) -> Taken:
    stream = _stream(container, file, kind)
    context = stream.codec_context
    context.thread_count, context.thread_type = 1, "NONE"
    if context.name == "alac" and kind is kinds.CAF:
        # The last frame says itself how long it is; FFmpeg would shorten it again.
        context.options = {"flags2": "skip_manual"}
    rate = context.sample_rate
    limit = bounds.limit(rate, context.channels, max_seconds)
    mixer.own_rate = context.name not in ("opus", "libopus")
    errors, sound = _decode(av, container, stream, mixer, limit)
    known = opinions.Known(
        container.duration,
        Fraction(stream.duration) * stream.time_base if stream.duration else None,
        len(container.streams.video),
        len(container.streams),
        context.name,
        context.frame_size,
        errors,
        sound,
    )
    return Taken(rate, opinions.compared(file, kind, mixer, known, rate, limit, max_seconds))


def _stream(container: Any, file: io.FileIO, kind: Kind) -> Any:
    if not container.streams.audio and not container.streams.video and extents.cut(file, kind):
        raise DataError(f"truncated: {kind.name} that ends before its sound is described")
    if not container.streams.audio:
        what = "a film without a sound track" if container.streams.video else "no sound in it"
        raise DataError(f"not audio: {kind.name}, {what}")
    stream = container.streams.audio[0]
    context = stream.codec_context
    if kind is kinds.ASF:
        file.seek(0)
        if b"\xfb\xb3\x11\x22\x23\xbd\xd2\x11\xb4\xb7\x00\xa0\xc9\x55\xfc\x6e" in file.read(65_536):
            raise DataError("protected: WMA with DRM; only who sold it can give an open file")
    if context is None or str(getattr(context, "codec_tag", "")) in _ENCRYPTED:
        raise DataError(f"protected or unknown: {kind.name} whose sound no decoder reads")
    if context.name not in _decoders():
        raise DataError(
            f"not read: {kind.name} with the codec {context.name}; this converts it: ffmpeg -i FILE FILE.flac"
        )
    return stream


def _step(context: Any, form: str) -> float | None:
    """Return the least difference of two samples; 0 for floating point, None for a lossy codec."""
    if not context.name.startswith(_LOSSLESS):
        return None
    if context.name in ("pcm_mulaw", "pcm_alaw"):
        return 2.0**-4
    bits = getattr(context, "bits_per_coded_sample", 0) or _BITS.get(form.rstrip("p"), 0)
    return 2.0 ** (1 - bits) if bits else 0.0


def _decode(av: Any, container: Any, stream: Any, mixer: Mixer, limit: int) -> tuple[int, int]:
    """Decode into `mixer` up to `limit` frames; return how many packets could not be, and bytes of all of them."""
    errors, sound, layout = 0, 0, None
    packets = container.demux(stream)
    while mixer.frames < limit:
        try:
            packet = next(packets)
            sound += packet.size
            frames = packet.decode()
        except StopIteration:
            break
        except av.error.InvalidDataError:
            errors += 1
            continue
        except (av.error.FFmpegError, EOFError):
            errors += 1
            break
        for frame in frames:
            here = frame.sample_rate, frame.layout.nb_channels
            if layout not in (None, here):
                raise DataError("not read: the sample rate or the number of channels changes midway")
            layout = here
            mixer.step = _step(stream.codec_context, frame.format.name)
            block = _block(frame)[: limit - mixer.frames]
            if len(block):
                mixer.add(block)
    return errors, sound


def _block(frame: Any) -> np.ndarray:
    """Return a frame as float32 (n, channels), scaled as libsndfile does."""
    y, name = frame.to_ndarray(), frame.format.name
    y = y.T if name.endswith("p") else y.reshape(-1, frame.layout.nb_channels)
    kind = name.rstrip("p")
    if kind == "u8":
        return (y.astype(np.float32) - 128) / 128
    if kind in _BITS:
        return (y / 2.0 ** (_BITS[kind] - 1)).astype(np.float32)
    return np.ascontiguousarray(y, dtype=np.float32)
