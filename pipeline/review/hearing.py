"""Clips as the network heard them, for the browser.

A file is decoded in a process of its own, under the limits of the extraction: one that hangs or crashes the decoder
costs nobody else an answer. What is decoded has to be the file that the run was made with, by its sha256: a link
that was turned elsewhere since leads nowhere.
"""

import multiprocessing
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.audio import extraction
from pipeline.audio.heard import heard
from pipeline.compute import workers
from pipeline.errors import DataError
from pipeline.files import inside

SECONDS = 60.0  # that a clip may take, and as long again as it may sound: as the extraction
KEPT = 64 * 2**20  # bytes of decoded clips
AT_ONCE = 2


@dataclass(frozen=True)
class Clip:
    """One clip's file and how it is heard.

    Attributes:
        path: where it lies.
        sha256: of the file that the run was made with.
        sr: sample rate of the features, Hz.
        max_seconds: what is read of it.
    """

    path: Path
    sha256: str
    sr: int
    max_seconds: float


@dataclass(frozen=True)
class Sound:
    """A WAV, or none and why not."""

    wav: bytes
    problem: str = ""


class Ear:
    """Decodes clips, `AT_ONCE` at a time, and keeps the last ones. Its methods may run in any thread."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ear")
        self._kept: OrderedDict[tuple[object, ...], Sound] = OrderedDict()
        self._keeping = threading.Lock()
        self._open = True

    def hear(self, clip: Clip) -> Sound:
        """Return a clip's sound, 16 bits, mono, as long as what the network heard before it was trimmed."""
        key = (clip, *_state(clip.path))
        with self._keeping:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        sound = self._decode(clip)
        with self._keeping:
            self._kept[key] = sound
            while len(self._kept) > 1 and sum(len(one.wav) for one in self._kept.values()) > KEPT:
                self._kept.popitem(last=False)
        return sound

    def _decode(self, clip: Clip) -> Sound:
        absolute = Clip(clip.path.absolute(), clip.sha256, clip.sr, clip.max_seconds)
        memory = extraction.memory(clip.max_seconds, clip.sr)
        preload, seconds = [__name__, "librosa.effects"], SECONDS + clip.max_seconds
        try:
            (found,) = workers.run(_hear, [(absolute,)], jobs=1, seconds=seconds, memory=memory, preload=preload)
        except DataError as error:
            return Sound(b"", str(error))
        except RuntimeError:
            if self._open:
                raise
            return Sound(b"", "the server is stopping")
        return Sound(b"", f"decoding {found.reason}") if isinstance(found, workers.Lost) else Sound(found)

    def close(self) -> None:
        """End what is being decoded: a file that hangs the decoder must not keep the server."""
        self._open = False
        self.pool.shutdown(wait=False, cancel_futures=True)
        # A call whose process dies is tried once more.
        while any(thread.is_alive() for thread in threading.enumerate() if thread.name.startswith("ear")):
            for process in multiprocessing.active_children():
                process.kill()
            time.sleep(0.02)


def _state(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ino, status.st_size


def _hear(clip: Clip) -> bytes:
    """Return the WAV of a clip: what a worker does."""
    with inside.heard(clip.path.parent, clip.path.name, clip.sha256) as file:
        # The file that was compared: its name may lead elsewhere by now.
        return heard(f"/dev/fd/{file.fileno()}", clip)
