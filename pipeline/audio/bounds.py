"""What is read of a file at most, and how what was read is compared with what its container says."""

from dataclasses import dataclass

from pipeline.errors import DataError

MAX_CHANNELS = 32
RATES = (1_000, 768_000)
MAX_FRAMES = 2**28  # as read, whatever `max_seconds` is: 1 GiB of samples, at 44.1 kHz 100 minutes
BLOCK = 8_192  # frames; what a decoder that fails midway loses at most
FEW_SECONDS, FEW = 0.01, 0.01  # and share of the whole: what may be missing from a file that is not cut


@dataclass(frozen=True)
class Taken:
    """What a reader has found: the sample rate, Hz, and what is flagged of the length."""

    rate: int
    flags: dict[str, str]


def limit(rate: int, channels: int, max_seconds: float) -> int:
    """Return how many frames are read at most.

    Raises:
        DataError: a sample rate or a number of channels that no sound has.
    """
    if not RATES[0] <= rate <= RATES[1]:
        raise DataError(f"sample rate out of range: {rate:,} Hz, expected {RATES[0]:,} to {RATES[1]:,}")
    if channels > MAX_CHANNELS:
        raise DataError(f"too many channels: {channels:,} channels, at most {MAX_CHANNELS} are read")
    return min(max(1, int(max_seconds * rate)), MAX_FRAMES)


def are_few(frames: int, rate: int, total: int) -> bool:
    """Whether so few frames of `total` are missing that nobody has cut the file."""
    return frames <= min(FEW_SECONDS * rate, FEW * total)


def capped(frames: int, rate: int) -> dict[str, str]:
    """Return the flag of a sound of which only the first `frames` are read."""
    return {"capped": f"the first {frames / rate:g} s are read"}


def differs(said: int, held: int) -> dict[str, str]:
    """Return the flag of a container that says another number of frames than it holds."""
    return {"header": f"says {said:,} frames, holds {held:,}"}
