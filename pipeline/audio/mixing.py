"""From channels to the one that is heard, block by block, and what was noticed of the channels on the way."""

import numpy as np

from pipeline.errors import DataError

LOUDEST = 1e3
SILENCE = 1e-7  # below the least step of 24-bit audio
DEAD = 1e-6  # power beside that of the loudest channel, -60 dB: noise of an input where nothing is plugged in
CANCELLED = 0.2  # power of the mean beside that of the channels, times their number; without a relation: 1
RUN = 3  # samples at the same extreme that make a plateau
CLIPPED = 0.001  # share of the samples that lie on plateaus


class Mixer:
    """Takes blocks of all channels, float32 (n, channels); keeps their mono mix, and sums of the channels alone.

    `weights`, float32 (channels,), say how channels are joined; None: their mean. `step` is the least difference of
    two samples, 0 where they are floating point, None where a lossy codec has smeared them. `own_rate`: the file is
    at the rate that its sound was recorded at, as far as is known; Opus always decodes to 48 kHz.
    """

    def __init__(self, weights: np.ndarray | None = None) -> None:
        self.weights = weights
        self.frames, self.mixed = 0, 0.0
        self._blocks: list[np.ndarray] = []
        self._power = np.zeros(1)
        self._plateaus: list[_Plateaus] = []
        self.step: float | None = None
        self.own_rate = True

    def add(self, block: np.ndarray) -> None:
        """Take the next block.

        Raises:
            DataError: samples that are not finite, or absurdly large.
        """
        peak = np.abs(block).max()
        if not np.isfinite(peak):
            raise DataError("not finite: NaN or Inf among the samples")
        if peak > LOUDEST:
            raise DataError(f"out of range: a sample of {peak:.3g}, expected about -1 to 1")
        if not self.frames:
            self._power = np.zeros(block.shape[1])
            self._plateaus = [_Plateaus() for _ in range(block.shape[1])]
        mono = block.mean(axis=1) if self.weights is None else block @ self.weights
        self._blocks.append(mono)
        self.frames += len(block)
        for plateaus, channel in zip(self._plateaus, block.T, strict=True):
            plateaus.add(channel, self.step)
        if block.shape[1] > 1:
            self._power += np.einsum("ij,ij->j", block, block, dtype=np.float64)
            self.mixed += float(np.dot(mono, mono))

    def cut(self, frames: int) -> None:
        """Forget what comes after the first `frames`."""
        y = self.mono()[:frames]
        self._blocks, self.frames = [y], len(y)

    def mono(self) -> np.ndarray:
        """Return the mix, float32 (n,)."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)

    def better(self) -> tuple[np.ndarray | None, dict[str, str]]:
        """Return weights that hear what the mean does not, or None where the mean does; and what is flagged.

        A dead channel takes no part. Channels whose mean has less than a tenth of their power (for two; less for
        more, whose mean is weaker anyway) cancel each other: the loudest is heard alone.
        """
        n, loudest = len(self._power), float(self._power.max())
        if n == 1 or loudest < self.frames * SILENCE**2:
            return None, {}
        alive = self._power > DEAD * loudest
        flags = {}
        if not alive.all():
            flags["dead_channel"] = f"{_numbered(~alive)} of {n}"
        mixed = self.mixed * (n / alive.sum()) ** 2  # what the dead do not add to the mean
        share = mixed / (float(self._power[alive].sum()) / alive.sum())
        if alive.sum() > 1 and share < CANCELLED / alive.sum():
            flags["out_of_phase"] = (
                f"the mean has {share:.1%} of the power, channel {self._power.argmax() + 1} is heard"
            )
            alive = np.arange(n) == self._power.argmax()
        weights = (alive / alive.sum()).astype(np.float32)
        return (weights if flags else None), flags

    def clipped(self) -> dict[str, str]:
        """Return the flag of a sound that was cut off at an extreme, with the share of its samples."""
        share = max((p.samples() for p in self._plateaus), default=0) / max(self.frames, 1)
        return {"clipped": f"{share:.1%} of the samples at the extremes"} if share > CLIPPED else {}


class _Plateaus:
    """Counts samples of one channel in runs at its greatest or its least value.

    A wave that turns gently lies on one too, as its samples are rounded: there the sample beside the run is a step
    or two away. A wave that was cut off comes from further.
    """

    def __init__(self) -> None:
        self._extremes = {1: 0.0, -1: 0.0}
        self._counts = {1: 0, -1: 0}

    def add(self, y: np.ndarray, step: float | None) -> None:
        for sign in (1, -1):
            extreme = float(y.max() if sign > 0 else -y.min())
            if step is None:
                at = sign * y >= 0.9995  # smeared by the codec: full scale and beyond
            else:
                if extreme > self._extremes[sign]:
                    self._extremes[sign], self._counts[sign] = extreme, 0
                at = y == sign * self._extremes[sign]
            self._extremes[sign] = max(self._extremes[sign], extreme)
            if np.count_nonzero(at) >= RUN and self._extremes[sign] > SILENCE:
                self._counts[sign] += _in_runs(y, at, 3 * (step or 0))

    def samples(self) -> int:
        """Return how many samples lie on plateaus of the extremes, an extreme near zero left out."""
        loudest = max(self._extremes.values())
        return sum(self._counts[sign] for sign, extreme in self._extremes.items() if extreme > loudest / 2)


def _in_runs(y: np.ndarray, at: np.ndarray, steep: float) -> int:
    """Return the number of samples in runs of at least `RUN` that a neighbour of more than `steep` away ends."""
    edges = np.flatnonzero(np.diff(at.astype(np.int8), prepend=0, append=0))
    begins, ends = edges[::2], edges[1::2]
    long = ends - begins >= RUN
    begins, ends = begins[long], ends[long]
    before, after = np.maximum(begins - 1, 0), np.minimum(ends, len(y) - 1)
    drop = np.maximum(np.abs(y[before] - y[begins]), np.abs(y[after] - y[begins]))
    return int((ends - begins)[drop > steep].sum())


def _numbered(which: np.ndarray) -> str:
    return "channel " + ", ".join(str(number + 1) for number in np.flatnonzero(which))
