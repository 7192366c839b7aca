"""What FFmpeg has decoded, compared with what the container says of its length: a second opinion."""

import io
from dataclasses import dataclass
from fractions import Fraction

from pipeline.audio import bounds, extents, kinds, mpeg, ogg
from pipeline.audio.kinds import Kind
from pipeline.audio.mixing import Mixer
from pipeline.errors import DataError

_AAC_FRAME = 1_024
_CODEC_FRAME = 2_048  # samples, of the codecs whose frames are longest
_FREE = 0.03  # share of an MP4's sound that may be padding
_ROUNDED = (kinds.MP4, kinds.AVI)  # their lengths are not in samples
_INDEPENDENT = (kinds.MP4, kinds.MATROSKA, kinds.ASF, kinds.TTA, kinds.WAVPACK, kinds.APE, kinds.ADTS, kinds.MPEG)


@dataclass(frozen=True)
class Known:
    """What FFmpeg knows of a file that it has decoded.

    Attributes:
        container, stream: durations, in microseconds and in seconds, as far as they are told.
        films, streams: how many streams of pictures, and of anything.
        codec, frame: the codec's name, and the samples of its frame (0: not fixed).
        errors: packets that could not be decoded.
        sound: bytes of the packets.
    """

    container: int | None
    stream: Fraction | None
    films: int
    streams: int
    codec: str
    frame: int
    errors: int
    sound: int


def compared(
    file: io.FileIO, kind: Kind, mixer: Mixer, known: Known, rate: int, limit: int, max_seconds: float
) -> dict[str, str]:
    """Return what is flagged of the length of a sound; what fills the last frame of an MP4's codec is cut off.

    Raises:
        DataError: it is cut off, or pieces of it cannot be decoded.
    """
    said, cut = _said(file, kind, known, rate), extents.cut(file, kind)
    flags: dict[str, str] = {}
    if kind is kinds.MP4:
        if said is not None and 0 < mixer.frames - said < (known.frame or _AAC_FRAME):
            mixer.cut(said)
        if known.streams == 1 and mixer.frames < limit:
            flags = _unlisted(extents.samples_of_mp4(file), known.sound)
    if kind is kinds.OGG:
        flags = _misplaced(file, mixer.frames)
    if kind in (kinds.ADTS, kinds.MPEG):
        counted = mpeg.count(file, max_seconds)
        if kind is kinds.ADTS and counted.gaps:
            raise DataError(f"damaged: {counted.gaps:,} gaps between its frames")
        said, cut = counted.samples if counted.whole else None, not counted.whole
        if counted.promised is not None:  # wrongly, or libsndfile had read it
            flags = bounds.differs(counted.promised * counted.samples // max(counted.counted, 1), mixer.frames)
    if cut and kind not in _INDEPENDENT:
        said = None  # FFmpeg has it from the file's size
    if kind in (kinds.MATROSKA, kinds.ASF) and known.films and not cut:
        said = mixer.frames  # what it says is the film's length
    if kind is kinds.MP4 and mixer.frames < (said or 0):
        slack = rate // 100  # its last frame is longer than what it says, never shorter
    else:
        slack = _slack(kind, known.codec, rate, exact=mixer.step is not None)
    found = _compared(mixer.frames, said, limit, rate, slack=slack, errors=known.errors, cut=cut)
    return found | flags if kind is not kinds.AMR or "streamed" not in found else flags


def _said(file: io.FileIO, kind: Kind, known: Known, rate: int) -> int | None:
    """Return the number of frames that the container promises, None where it does not tell."""
    if kind is kinds.OGG:
        streams = ogg.streams(file)
        if not any(chained.mixed for chained in streams):
            return sum(max(chained.last, chained.granule) for chained in streams)
    if kind in (kinds.MATROSKA, kinds.ASF):
        return round(known.container * rate / 1_000_000) if known.container else None
    return None if known.stream is None or kind is kinds.AMR else round(known.stream * rate)


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
