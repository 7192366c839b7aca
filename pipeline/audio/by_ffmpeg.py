"""Read by FFmpeg, of PyAV: what libsndfile does not read, or not to its end.

FFmpeg is told which container it is, opens no other file or address, and uses the decoders of sound alone; it is
loaded where a file needs it. It runs in one thread.
"""

import io
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from pipeline.audio import bounds, extents, kinds, mpeg, ogg
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
_AAC_FRAME = 1_024
_CODEC_FRAME = 2_048  # samples, of the codecs whose frames are longest
_BITS = {"u8": 8, "s16": 16, "s32": 32, "s64": 64}
_LOSSLESS = ("pcm_", "flac", "alac", "wavpack", "tta", "ape", "wmalossless")
_FREE = 0.03  # share of an MP4's sound that may be padding
_ROUNDED = (kinds.MP4, kinds.AVI)  # their lengths are not in samples
_INDEPENDENT = (kinds.MP4, kinds.MATROSKA, kinds.ASF, kinds.TTA, kinds.WAVPACK, kinds.APE, kinds.ADTS, kinds.MPEG)
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
    if context.name == "alac":  # its last frame says itself how long it is; FFmpeg would shorten it again
        context.options = {"flags2": "skip_manual"}
    rate = context.sample_rate
    limit = bounds.limit(rate, context.channels, max_seconds)
    mixer.own_rate = context.name not in ("opus", "libopus")
    errors, sound = _decode(av, container, stream, mixer, limit)
    said = _said(file, container, stream, kind, rate)
    if said is not None and kind is kinds.MP4 and 0 < mixer.frames - said < (context.frame_size or _AAC_FRAME):
        mixer.cut(said)  # the rest fills the last frame of the codec
    cut, flags = extents.cut(file, kind), {}
    if kind in (kinds.ADTS, kinds.MPEG):
        counted = mpeg.count(file, max_seconds)
        if kind is kinds.ADTS and counted.gaps:
            raise DataError(f"damaged: {counted.gaps:,} gaps between its frames")
        said, cut = counted.samples if counted.whole else None, not counted.whole
        if counted.promised is not None:  # wrongly, or libsndfile had read it
            flags = bounds.differs(counted.promised * counted.samples // max(counted.counted, 1), mixer.frames)
    if kind is kinds.OGG:
        flags = _misplaced(file, mixer.frames)
    if kind is kinds.MP4 and len(container.streams) == 1 and mixer.frames < limit:
        flags = _unlisted(extents.samples_of_mp4(file), sound)
    if cut and kind not in _INDEPENDENT:
        said = None  # FFmpeg has it from the file's size
    if kind in (kinds.MATROSKA, kinds.ASF) and container.streams.video and not cut:
        said = mixer.frames  # what it says is the film's length
    slack = _slack(kind, context.name, rate, exact=mixer.step is not None)
    found = _compared(mixer.frames, said, limit, rate, slack=slack, errors=errors, cut=cut)
    return Taken(rate, flags | ({} if kind is kinds.AMR and "streamed" in found else found))


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


def _said(file: io.FileIO, container: Any, stream: Any, kind: Kind, rate: int) -> int | None:
    """Return the number of frames that the container promises, None where it does not tell."""
    if kind is kinds.OGG:
        streams = ogg.streams(file)
        if not any(chained.mixed for chained in streams):
            return sum(max(chained.last, chained.granule) for chained in streams)
    if kind in (kinds.MATROSKA, kinds.ASF):
        return round(container.duration * rate / 1_000_000) if container.duration else None
    if stream.duration is None or kind is kinds.AMR:
        return None
    return round(Fraction(stream.duration) * stream.time_base * rate)


def _slack(kind: Kind, codec: str, rate: int, *, exact: bool) -> int:
    """Return by how many frames a container may be wrong that is in order: it counts milliseconds, or a pause."""
    if kind in (kinds.MATROSKA, kinds.ASF):
        return rate // 20 if kind is kinds.ASF else rate // 100 + (0 if exact or codec.endswith("opus") else 1_024)
    if exact:
        return rate // 100 if kind in _ROUNDED else 1
    return _CODEC_FRAME


def _unlisted(held: int, listed: int) -> dict[str, str]:
    """Return the flag of an MP4 that holds more bytes of sound than its table leads to."""
    lost = held - listed
    return {"header": f"holds {held:,} bytes of sound, lists {listed:,}"} if lost > max(_FREE * held, 1_000) else {}


def _misplaced(file: io.FileIO, held: int) -> dict[str, str]:
    """Return the flag of an Ogg whose last page says a place that comes before the others'."""
    streams = ogg.streams(file)
    wrong = any(stream.closed and stream.last < stream.granule for stream in streams)
    return bounds.differs(sum(stream.last for stream in streams), held) if wrong else {}


def _compared(
    held: int, said: int | None, limit: int, rate: int, *, slack: int, errors: int, cut: bool | None
) -> dict[str, str]:
    """Return what is flagged of `held` frames of a sound of which the container says there are `said`.

    `cut`: whether the container ends before it should; None: that cannot be told but by `said`.

    Raises:
        DataError: it is cut off, or pieces of it cannot be decoded.
    """
    if held == limit and (said is None or said > limit):
        return bounds.capped(limit, rate)
    if errors and not cut and held < limit:
        raise DataError(f"damaged: {errors:,} pieces of it cannot be decoded")
    if cut and said is None:
        raise DataError(f"truncated: {held:,} of an unknown number of frames")
    if (
        cut is not False
        and said is not None
        and held < min(said, limit)
        and not bounds.are_few(said - held, rate, said)
    ):
        raise DataError(f"truncated: {held:,} of {said:,} frames")
    if not held:
        raise DataError("no frames")
    if said is None:
        return {"streamed": ""}
    return bounds.differs(said, held) if abs(held - said) > slack and held < limit else {}
